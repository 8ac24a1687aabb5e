"""A study that is killed while it is being made, at every step that its files take."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from rnnsearch.errors import StudyExistsError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.study import running as making
from rnnsearch.study.study import Study

SPACE = """
name: killed
task: {type: sine}
model: {cell: lstm, hidden_size: 8}
training: {learning_rate: {loguniform: [1e-4, 1e-1]}, steps_per_epoch: 10, max_epochs: 4}
search: {metric: val_mse, num_trials: 4}
"""
CHANGES = {
    "open", "write", "close", "mkdir", "rename", "replace", "unlink", "truncate", "link",
    "pwrite", "fsync", "ftruncate", "utime",
}  # fmt: skip
MADE = 17
"""Exit status of a child that came to the end."""


class Steps:
    """Kills this process before the `last`-th call that may change a file."""

    def __init__(self, last: int) -> None:
        self._left = last

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in CHANGES:
            self._left -= 1
            if self._left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


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


@pytest.mark.slow
def test_a_study_killed_at_any_step_can_be_run_or_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "drive", nothing)
    file = tmp_path / "space.yaml"
    file.write_text(SPACE)
    made(file, tmp_path / "warm")  # what is imported on the way is imported here

    for last in range(1000):
        storage = tmp_path / str(last)

        def work(storage: Path = storage, steps: Steps = Steps(last)) -> None:  # noqa: B008
            sys.setprofile(steps)
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
        assert (trials, notes.settled) == ([], "closed")
    assert last > 25, "the steps were counted"


def what_is_said(storage: Path) -> str:
    """Looking at what is left works, or is an error that a person can read."""
    try:
        return str(Study.open("killed", storage=storage).result().state)
    except StudyNotFoundError as error:
        return str(error)


@pytest.mark.parametrize("ledger", [None, b"", b'{"op_code":0,"worker'])
@pytest.mark.parametrize("space", [None, "", SPACE[:40], SPACE])
def test_whatever_was_left_of_a_making_its_name_can_be_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: str | None, ledger: bytes | None
) -> None:
    """Older versions wrote the space file in place, and could be killed with a half one."""
    monkeypatch.setattr(making, "drive", nothing)
    file = tmp_path / "space.yaml"
    file.write_text(SPACE)
    directory = StudyDirectory(tmp_path / "studies", "killed")
    directory.create()
    if space is not None:
        directory.yaml.write_text(space)
    if ledger is not None:
        directory.ledger.write_bytes(ledger)

    study = Study.from_yaml(file, storage=tmp_path / "studies", name="killed")
    study.run()

    assert directory.ledger_place.has_records()
    with pytest.raises(StudyExistsError):
        Study.from_yaml(file, storage=tmp_path / "studies", name="killed")


def test_of_two_that_make_one_study_the_second_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "drive", nothing)
    file, other = tmp_path / "space.yaml", tmp_path / "other.yaml"
    file.write_text(SPACE)
    other.write_text(SPACE.replace("num_trials: 4", "num_trials: 5"))
    second = Study.from_yaml(other, storage=tmp_path, name="killed")
    made(file, tmp_path)
    before = second.directory.yaml.read_text()

    with pytest.raises(StudyExistsError):
        second.run()
    assert second.directory.yaml.read_text() == before
