"""What this machine has for a study, told as Ray tells what a cluster has."""

from __future__ import annotations

import os
from pathlib import Path


def room(cpus: float | None = None) -> dict[str, float]:
    """Cores and memory in bytes, as `ray.cluster_resources()` names them.

    Args:
        cpus: Cores in the place of this machine's; its memory then says nothing.
    """
    if cpus is not None:
        return {"CPU": cpus}
    have = {"CPU": float(len(os.sched_getaffinity(0)))}
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        lines = meminfo.read_text(encoding="ascii").splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        have["memory"] = 1024.0 * int(fields["MemAvailable"].split()[0])
    return have
