"""Starts the process that trains a trial again, and hears what it tells."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from rnnsearch.errors import InputError, PackError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.environment import Environment
from rnnsearch.study.reproduction.child import BOOT
from rnnsearch.training.report import BestEpoch, Divergence, EpochReport

END_SECONDS = 20.0
"""How long a process that is told to end may take."""


def trained_apart(
    directory: StudyDirectory, number: int, seed: int | None, *, allow_changed_code: bool
) -> Iterator[Environment | str | EpochReport | Divergence]:
    """Train a trial again in a new process; what comes is that of `train_again`.

    Args:
        seed: None for the trial's own.

    Raises:
        InputError: As for `train_again`.
        PackError: The process ended by itself.
    """
    listening, telling = os.pipe()
    given = {
        "path": [os.getcwd() if one == "" else one for one in sys.path],
        "pipe": telling,
        "storage": str(directory.storage),
        "name": directory.name,
        "number": number,
        "seed": seed,
        "allow_changed_code": allow_changed_code,
    }
    with os.fdopen(listening, encoding="utf-8") as lines:
        try:
            # `-P`, so that no file of the working directory hides a module of Python's.
            child = subprocess.Popen(
                [sys.executable, "-P", "-c", BOOT, json.dumps(given)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[telling],
            )
        finally:
            os.close(telling)
        try:
            for line in lines:
                kind, values = json.loads(line)
                if kind == "error":
                    raise InputError(values)
                yield _event(kind, values)
            if status := child.wait():
                raise PackError(f"the process that trained it ended with the status {status}")
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    """See to it that a process is gone."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _event(kind: str, values: Any) -> Environment | str | EpochReport | Divergence:
    """What a line of the process tells."""
    if kind == "environment":
        return Environment(**values)
    if kind == "epoch":
        return EpochReport(**{**values, "best": BestEpoch(**values["best"])})
    return Divergence(**values) if kind == "divergence" else str(values)
