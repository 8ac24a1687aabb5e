"""How busy the machine of the driver is, sampled now and then for MLflow's page of the study.

The names are those of MLflow's own system metrics. The figures are of the whole machine: what
others run there counts, and a cluster's other nodes do not.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from rnnsearch.records.run_store import Point

INTERVAL_SECONDS = 10.0
SWITCH = "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING"
INTERVAL = "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL"
MOST = 10_000
"""The most samples that wait for a store that is away; then the oldest are dropped."""
SMI_SECONDS = 5.0
_SMI = ["--query-gpu=index,utilization.gpu,memory.used,memory.total"]
_SMI += ["--format=csv,noheader,nounits"]


class Machine:
    """Takes samples where they are due, and keeps them until they are written.

    Attributes:
        points: Samples that are not written yet, as values of metrics of the study's run.
    """

    def __init__(
        self,
        step: int,
        environment: Mapping[str, str],
        *,
        proc: Path = Path("/proc"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Args:
            step: The step of the last sample that is in the store: the count goes on there.
            environment: Its variables switch this off, and say how often to look.
        """
        self.points: list[Point] = []
        self._step, self._proc, self._clock = step, proc, clock
        self._on = environment.get(SWITCH, "true").lower() not in ("false", "0")
        self._interval = INTERVAL_SECONDS
        with suppress(ValueError):
            self._interval = max(1.0, float(environment.get(INTERVAL) or INTERVAL_SECONDS))
        self._smi = shutil.which("nvidia-smi")
        self._due = clock() + self._interval
        self._ticks = self._read_ticks()

    @property
    def step(self) -> int:
        """The step of the last sample."""
        return self._step

    def look(self) -> None:
        """Take a sample if it is time."""
        if not self._on or self._clock() < self._due:
            return
        self._due = self._clock() + self._interval
        figures = {**self._cpu(), **self._memory(), **self._gpus()}
        self._step += 1
        now = time.time()
        self.points += [(f"system/{name}", each, now, self._step) for name, each in figures.items()]
        del self.points[:-MOST]

    def _cpu(self) -> dict[str, float]:
        """The share of processor time that was used since the last sample."""
        before, now = self._ticks, self._read_ticks()
        self._ticks = now
        if before is None or now is None or now[1] <= before[1]:
            return {}
        idle, total = now[0] - before[0], now[1] - before[1]
        return {"cpu_utilization_percentage": round(100 * (1 - idle / total), 1)}

    def _read_ticks(self) -> tuple[int, int] | None:
        """Idle and all ticks of all processors since the start of the machine."""
        with suppress(OSError, ValueError, IndexError):
            words = (self._proc / "stat").read_text().splitlines()[0].split()[1:9]
            ticks = [int(word) for word in words]
            return ticks[3] + ticks[4], sum(ticks)
        return None

    def _memory(self) -> dict[str, float]:
        """Memory in use: what could not be given to another program at once."""
        with suppress(OSError, ValueError, KeyError):
            lines = (self._proc / "meminfo").read_text().splitlines()
            rows = dict(line.split(":", 1) for line in lines)
            total, free = (int(rows[key].split()[0]) for key in ("MemTotal", "MemAvailable"))
            return {
                "system_memory_usage_megabytes": round((total - free) * 1024 / 1e6, 1),
                "system_memory_usage_percentage": round(100 * (1 - free / total), 1),
            }
        return {}

    def _gpus(self) -> dict[str, float]:
        """Use and memory of each GPU, where NVIDIA's driver is."""
        figures: dict[str, float] = {}
        if self._smi is None:
            return figures
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            said = subprocess.run(
                [self._smi, *_SMI], capture_output=True, text=True, timeout=SMI_SECONDS, check=True
            )
            for line in said.stdout.splitlines():
                number, busy, used, total = (word.strip() for word in line.split(","))
                figures |= {
                    f"gpu_{number}_utilization_percentage": float(busy),
                    f"gpu_{number}_memory_usage_megabytes": round(float(used) * 2**20 / 1e6, 1),
                    f"gpu_{number}_memory_usage_percentage": round(
                        100 * float(used) / float(total), 1
                    ),
                }
        return figures


def machine(step: int) -> Machine:
    """That of this process."""
    return Machine(step, os.environ)
