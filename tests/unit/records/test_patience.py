"""How the writer goes on after failed attempts, and what it says meanwhile."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from contracts.broken_disk import BrokenDisk

from rnnsearch import disk
from rnnsearch.records.patience import BLOCKED_PAUSE_SECONDS, Patience
from rnnsearch.records.run_store import AwayError
from rnnsearch.records.tracking_uri import TrackingStore
from rnnsearch.records.writer_state import WriterState

SERVER = TrackingStore("http://ann:sesame5@host", "http://ann:***@host")


def test_passing_trouble_is_waited_for_longer_and_longer(tmp_path: Path) -> None:
    patience = Patience(tmp_path, WriterState(), SERVER)
    pauses = []
    for _ in range(8):
        patience.failed(AwayError("no route to host"))
        pauses.append(patience.pause)
    assert pauses == sorted(pauses)
    assert pauses[-1] == pauses[-2] < BLOCKED_PAUSE_SECONDS
    patience.worked()
    assert patience.pause == 0


def test_a_new_run_begins_without_the_complaints_of_an_earlier_one(tmp_path: Path) -> None:
    WriterState(problem="MLflow does not answer", refused=3, writer=1).save(tmp_path)
    Patience(tmp_path, WriterState.load(tmp_path), SERVER).begin(again=False)
    kept = WriterState.load(tmp_path)
    assert (kept.problem, kept.refused, kept.writer) == ("", 0, os.getpid())
    WriterState(problem="MLflow refused trial 3", refused=3).save(tmp_path)
    Patience(tmp_path, WriterState.load(tmp_path), SERVER).begin(again=True)
    assert WriterState.load(tmp_path).refused == 3


def test_a_full_disk_here_is_no_fault_of_the_server(tmp_path: Path) -> None:
    patience = Patience(tmp_path, WriterState(), SERVER)
    patience.failed(OSError(28, "No space left on device"))
    said = WriterState.load(tmp_path).problem
    assert said == "the records wait: No space left on device"
    assert patience.pause < BLOCKED_PAUSE_SECONDS


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_a_writer_outlives_a_disk_that_takes_no_word_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    """The state file lies on the same disk as the outbox: it cannot be told that it is full."""
    patience = Patience(tmp_path, WriterState(), SERVER)
    broken = BrokenDisk(refused=("open",), error=error)
    monkeypatch.setattr(disk, "os", broken)
    patience.failed(OSError(error, os.strerror(error)))
    assert 0 < patience.pause < BLOCKED_PAUSE_SECONDS
    assert WriterState.load(tmp_path) == WriterState()
    broken.mend()
    patience.failed(AwayError("no route to host"))
    assert WriterState.load(tmp_path).problem == AwayError("no route to host").reason
