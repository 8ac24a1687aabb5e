"""Each file that is replaced or locked is whole or as it was, wherever the disk fills up."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from contracts.broken_disk import BrokenDisk

from rnnsearch import disk
from rnnsearch.errors import InputError
from rnnsearch.figures.style import drawing
from rnnsearch.models.config import ModelConfig
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock import StudyLock
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.checkpoint import put_files
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.schedules import Plateau
from rnnsearch.training.snapshot import (
    TrialSnapshot,
    earlier,
    read_snapshots,
    write_snapshots,
)


def write_state(path: Path, mark: int) -> None:
    WriterState(done=mark, study={"name": "x" * mark}).save(path.parent)


def draw(path: Path, mark: int) -> None:
    with drawing(path, height=1.0) as (axes,):
        axes.plot([mark, 0])


def snapshots(path: Path, mark: int) -> None:
    snapshot = TrialSnapshot(
        config=TrialConfig(
            task=SineConfig(), model=ModelConfig(), training=TrainingConfig(), seed=0
        ),
        epoch=mark,
        step=0,
        total=0,
        loss_sum=0.0,
        seconds=0.0,
        plateau=Plateau(),
        arrays={"parameters": np.zeros(4, np.float32)},
        best_epoch=None,
        best_metrics={},
    )
    write_snapshots(path, {"t": snapshot})


def test_the_two_files_of_a_model_are_old_or_new_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_files(tmp_path, {"mark": 1}, b"w" * 64)
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert len(before) == 2
    for room in range(0, 80, 8):  # both the description and the weights meet the full disk
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", BrokenDisk(room))
            with pytest.raises(OSError, match="No space"):
                put_files(tmp_path, {"mark": 2}, b"v" * 64)
        assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    put_files(tmp_path, {"mark": 2}, b"v" * 64)
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} != before


@pytest.mark.parametrize(
    ("name", "write"), [("state.json", write_state), ("a.png", draw), ("p.snap", snapshots)]
)
def test_a_file_is_old_or_new(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    write: Callable[[Path, int], None],
) -> None:
    path = tmp_path / name
    write(path, 2)
    before = path.read_bytes()
    for room in range(0, len(before) // 2, max(1, len(before) // 24)):
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", BrokenDisk(room))
            with pytest.raises(OSError, match="No space"):
                write(path, 5)
        assert path.read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == [name]
    write(path, 5)
    assert path.read_bytes() != before


def test_the_snapshot_before_stays_with_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "p.snap"
    for mark in (1, 2, 3):
        snapshots(path, mark)
    assert read_snapshots(path)["t"].epoch == 3
    assert read_snapshots(earlier(path))["t"].epoch == 2


def test_a_lock_that_could_not_be_written_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = StudyDirectory(tmp_path, "small")
    directory.create()
    owner = 400  # bytes, at most
    for room in range(0, owner, 25):
        with monkeypatch.context() as patch:
            patch.setattr(disk, "os", BrokenDisk(room, refused=("ftruncate",)))
            lock = StudyLock(directory)
            with suppress(InputError):
                lock.acquire()
                lock.release()
        with StudyLock(directory):
            assert json.loads(directory.lock.read_text())["token"]
