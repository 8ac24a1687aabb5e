"""Kernels compiled while Ray starts, so that a fresh machine's first packs need not wait long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rnnsearch.models.cells import function_name, has_kernels
from rnnsearch.space.corners import possible_values
from rnnsearch.space.spec import StudySpec
from rnnsearch.training.kernels.compiled import WARM


@contextmanager
def kernels_warming(spec: StudySpec, log_file: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Compile what the study can reach into this machine's cache, in a child process.

    With a warm cache the child ends after a moment. Packs on other machines compile for
    themselves, as does a pack that the child's failure (which the log shows) left without.

    Args:
        say: Told at the end of folders of kernels that are not used since others may write there,
            and of a numba with which there are none.
    """
    kernels = reachable_kernels(spec)
    if spec.resources.gpus_per_pack > 0 or not kernels:
        yield
        return
    environment = dict(os.environ)
    # The package may be importable only through this process's path (a plain checkout).
    paths = [str(Path(__file__).parents[3]), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    with log_file.open("ab") as log:
        # Its own session, so that Ctrl-C is the driver's to handle.
        child = subprocess.Popen(
            [sys.executable, "-m", WARM, *kernels],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):  # done long ago, as nearly always
            os.killpg(child.pid, signal.SIGTERM)
        said, _ = child.communicate()
        for line in said.decode(errors="replace").splitlines():
            say(line)


def reachable_kernels(spec: StudySpec) -> list[str]:
    """Compiled kernels that a trial of the study can need, those of its first trial first."""
    first = spec.first_params()
    names: dict[str, None] = {}
    for cell in _values(spec, "model.cell", first):
        if has_kernels(cell):
            kinds = _values(spec, "model.nonlinearity", first)
            names |= {function_name(cell, kind): None for kind in kinds}
    return list(names)


def _values(spec: StudySpec, key: str, first: Mapping[str, Any]) -> list[str]:
    """What a key can be, beginning with its value in the first trial."""
    names = [str(one) for one in possible_values(spec, key)]
    return sorted(names, key=lambda name: name != first.get(key))
