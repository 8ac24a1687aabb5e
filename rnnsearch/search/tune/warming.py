"""Compiles kernels while Ray starts, so that the first packs on a machine need not wait."""

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
from rnnsearch.search.waits import Waits
from rnnsearch.space.corners import possible_values
from rnnsearch.space.fields import NETWORK
from rnnsearch.space.spec import StudySpec
from rnnsearch.training.kernels.compiled import WARM


@contextmanager
def kernels_warming(
    spec: StudySpec, log_file: Path, say: Callable[[str], None], waits: Waits
) -> Iterator[None]:
    """A context in which a child process compiles a study's kernels into this machine's cache.

    If they are in the cache already, the child ends at once. Packs on other machines compile for
    themselves, and so do all packs if the child fails, which its log shows.

    Args:
        log_file: Where the child's errors go.
        say: Called at the end with what the child prints: folders of kernels that are not used,
            since other users may write there, and that this release of numba has none.
        waits: Hears which kernels are compiled, as long as the child is at work.
    """
    kernels = reachable_kernels(spec)
    if spec.resources.gpus_per_pack > 0 or not kernels:
        yield
        return
    environment = dict(os.environ)
    # In a plain checkout the package is importable only by this process's path.
    paths = [str(Path(__file__).parents[3]), environment.get("PYTHONPATH", "")]
    environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    with log_file.open("ab") as log:
        # In a session of its own, so that Ctrl-C reaches the driver alone.
        child = subprocess.Popen(
            [sys.executable, "-m", WARM, *kernels],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            start_new_session=True,
        )
    waits.compiling = lambda: kernels if child.poll() is None else ()
    try:
        yield
    finally:
        waits.compiling = tuple
        with suppress(ProcessLookupError):  # it has nearly always ended long ago
            os.killpg(child.pid, signal.SIGTERM)
        output, _ = child.communicate()
        for line in output.decode(errors="replace").splitlines():
            say(line)


def reachable_kernels(spec: StudySpec) -> list[str]:
    """Names of the compiled kernels that the study's trials can need, its first trial's first."""
    first = spec.first_params()
    names: dict[str, None] = {}
    if NETWORK in spec.values:
        return []
    for cell in _values(spec, "model.cell", first):
        if has_kernels(cell):
            kinds = _values(spec, "model.nonlinearity", first)
            names |= {function_name(cell, kind): None for kind in kinds}
    return list(names)


def _values(spec: StudySpec, key: str, first: Mapping[str, Any]) -> list[str]:
    """The values that a key can have, beginning with its value in the first trial."""
    names = [str(one) for one in possible_values(spec, key)]
    return sorted(names, key=lambda name: name != first.get(key))
