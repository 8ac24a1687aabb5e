"""A study that is killed while it is being made, at every step that its files take."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnnsearch import disk
from rnnsearch.errors import StudyExistsError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import read_trials
from rnnsearch.study import study as making
from rnnsearch.study.study import Study

SPACE = """
name: killed
task: {type: sine}
model: {cell: lstm, hidden_size: 8}
training: {learning_rate: {loguniform: [1e-4, 1e-1]}, steps_per_epoch: 10, max_epochs: 4}
search: {metric: val_mse, num_trials: 4}
"""
CHANGES = {
    "open", "os.mkdir", "os.rename", "os.remove", "os.truncate", "os.link", "os.utime",
}  # fmt: skip
WRITES = {"pwrite", "fsync", "ftruncate"}
MADE = 17
"""Exit status of a child that came to the end."""


class Steps:
    """Kills this process at the `last`-th change of a file below a folder."""

    def __init__(self, below: Path, last: int) -> None:
        self._below = str(below)
        self._left = last

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES and str(arguments[0]).startswith(self._below):
            reading = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR)
            if not reading:
                self.step()

    def step(self) -> None:
        self._left -= 1
        if self._left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def __getattr__(self, name: str) -> Any:
        """Stands in for `os` in `rnnsearch.disk`: writes to a descriptor name no path."""
        if name in WRITES:
            self.step()
        return getattr(os, name)


def made(file: Path, storage: Path) -> Study:
    """What a person does: run it, and where its name is taken, resume it."""
    try:
        study = Study.from_yaml(file, storage=storage, name="killed")
    except StudyExistsError:
        study = Study.open("killed", storage=storage)
    study.run()
    return study


def in_child(work: Callable[[], object]) -> int:
    """The status of a child process that does it; `MADE` where nothing killed it."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(MADE)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def nothing(*arguments: object, **options: object) -> None:
    """In place of the search: the study is made when that begins."""


def test_a_study_killed_at_any_step_can_be_run_or_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "drive", nothing)
    file = tmp_path / "space.yaml"
    file.write_text(SPACE)
    made(file, tmp_path / "warm")  # what is imported on the way is imported here

    for last in range(1000):
        storage = tmp_path / str(last)
        steps = Steps(storage, last)

        def work(storage: Path = storage, steps: Steps = steps) -> None:
            sys.addaudithook(steps.audit)
            disk.os = steps  # type: ignore[assignment]
            made(file, storage)

        status = in_child(work)
        if status == MADE:
            break
        assert status == -signal.SIGKILL
        assert re.search("none at all|rnnsearch resume killed|running", what_is_said(storage))
        made(file, storage)
        directory = StudyDirectory.find(storage, "killed")
        spec = Study.open("killed", storage=storage).spec
        trials, notes = read_trials(directory, spec)
        assert (trials, notes["settled"]) == ([], "closed")
    assert last > 25, "the steps were counted"


def what_is_said(storage: Path) -> str:
    """Looking at what is left works, or is an error that a person can read."""
    try:
        return str(Study.open("killed", storage=storage).result().state)
    except StudyNotFoundError as error:
        return str(error)
