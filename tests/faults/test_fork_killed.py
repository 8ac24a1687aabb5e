"""A fork that is killed at some step of its making: it goes on, or is none and can be made anew.

Its study lies in a folder, or in an object store with its ledger in a real PostgreSQL; then another
machine looks at what is left.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from contracts.object_folders import stores_on_disk
from contracts.postgres import served

from rnnsearch.disk import replace_file
from rnnsearch.errors import StudyNotFoundError
from rnnsearch.search.database.connections import connections
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.load import loads
from rnnsearch.study.claim import alone
from rnnsearch.study.ledger_choice import settle_ledger
from rnnsearch.study.study import Study

SPACE = """
task: {type: sine}
model: {cell: lstm, hidden_size: {int: [4, 9]}}
training: {learning_rate: {loguniform: [1e-4, 1e-1]}, steps_per_epoch: 10, max_epochs: 4}
search: {metric: val_mse, num_trials: 9, sampler: {type: random}, scheduler: {type: none}}
"""
COPIED, KILLS, SEAM = 5, 10, 40
"""Kills at any step, and steps at the end of which each is tried: there the ledger comes to be."""
CHANGES = {
    *("open", "write", "close", "mkdir", "rename", "replace", "unlink", "link", "pwrite", "fsync"),
    *("ftruncate", "utime", "execute"),
}
"""C functions that may change what is kept."""
DONE = 17
"""Exit status of a child that came to the end."""


@pytest.fixture(params=["folder", "store"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    monkeypatch.delenv("RNNSEARCH_LEDGER", raising=False)
    if request.param == "folder":
        yield tmp_path / "studies"
        return
    with served() as server:
        stores_on_disk(tmp_path, monkeypatch)
        monkeypatch.setenv("RNNSEARCH_LEDGER", server.uri.replace("+psycopg2", ""))
        monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / "here"))
        yield Path("s3://bucket/studies")


class Steps:
    """Kills this process before the `last`-th call that may change something.

    Attributes:
        left: How many more calls it lives.
    """

    def __init__(self, last: int) -> None:
        self.left = last

    def __call__(self, frame: FrameType, event: str, called: Any) -> None:
        if "fsspec" in frame.f_code.co_filename:
            return  # it writes the files that stand for a store, in which each is whole or old
        if event == "c_call" and getattr(called, "__name__", "") in CHANGES:
            self.left -= 1
            if self.left < 0:
                os.kill(os.getpid(), signal.SIGKILL)


def in_child(work: Callable[[], object]) -> int:
    """The status of a child process that does it; `DONE` where nothing killed it."""
    child = os.fork()
    if child == 0:
        try:
            connections.cache_clear()  # a parent's connection cannot be used by two
            work()
            os._exit(DONE)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def make_source(storage: Path) -> None:
    directory = StudyDirectory(storage, "before")
    spec = loads(SPACE, name="before", directory=Path())
    directory.create()
    settle_ledger(directory, None, lambda text: None)
    with alone(directory) as mirroring:
        replace_file(directory.yaml, spec.yaml)
        mirroring.push()
        ledger = Ledger.create(directory, spec)
        for number in range(COPIED):
            assert ledger.ask() is not None
            ledger.report([(number, epoch, 1 / epoch) for epoch in range(1, 5)])
            ledger.finish(number, "complete", reason="it ended")
        ledger.close()


def forked(storage: Path, name: str) -> None:
    before = Study.open("before", storage=storage)
    before.forked(name=name, overrides=["model.hidden_size={int: [4, 19]}"])


def check(storage: Path, name: str) -> None:
    """It is a study with all that it was given, or none, and then it is made now."""
    try:
        study = Study.open(name, storage=storage)
    except StudyNotFoundError:
        forked(storage, name)
        study = Study.open(name, storage=storage)
    assert study.spec.parameters["model.hidden_size"].distribution.high == 19
    with alone(study.directory):
        ledger = Ledger.open(study.directory, study.spec)
        assert [one.copied_from for one in ledger.trials()] == [
            f"before:{number}" for number in range(COPIED)
        ]
        asked = ledger.ask()
        assert asked is not None
        assert asked.number == COPIED
        ledger.close()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_fork_killed_at_any_step_is_a_study_or_none(
    storage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_child(lambda: make_source(storage)) == DONE
    counted = tmp_path / "steps"

    def count() -> None:
        steps = Steps(10**9)
        sys.setprofile(steps)
        forked(storage, "whole")
        sys.setprofile(None)
        counted.write_text(str(10**9 - steps.left))

    assert in_child(count) == DONE
    total = int(counted.read_text())
    seam = range(total - SEAM, total)
    for last in (*random.Random(7).sample(range(total - SEAM), KILLS), *seam):

        def killed(last: int = last) -> None:
            sys.setprofile(Steps(last))
            forked(storage, f"killed-{last}")

        assert in_child(killed) in (-signal.SIGKILL, DONE), last
        monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / f"there-{last}"))
        assert in_child(lambda last=last: check(storage, f"killed-{last}")) == DONE, last
        monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / "here"))
