"""A study in an object store: what it is refused without, and what is told again of a lost one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.object_folders import stores_on_disk

from rnnsearch import Arrays
from rnnsearch.errors import StorageError
from rnnsearch.events import EpochsReported, TrialStarted
from rnnsearch.records.events_codec import encode
from rnnsearch.records.outbox import Outbox
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import EVERYTHING, WriterState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.notes import Notes
from rnnsearch.study.array_files import keep_arrays
from rnnsearch.study.mirroring import mirrored, recall
from rnnsearch.study.study import Study

STORAGE = "s3://bucket/studies"
MARK = ("a champion that was told of",)


@pytest.fixture(autouse=True)
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store keeps what is written to it."""
    stores_on_disk(tmp_path, monkeypatch)
    monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / "a"))
    for name in ("RNNSEARCH_LEDGER", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "bucket"


@pytest.mark.parametrize(
    ("places_given", "remedies"),
    [
        ({}, ["--tracking-uri http://HOST:5000", "MLFLOW_TRACKING_URI"]),
        ({"tracking_uri": "sqlite:////x.db"}, ["--tracking-uri http://HOST:5000"]),
        (
            {"tracking_uri": "http://127.0.0.1:1"},
            ["--ledger postgresql://USER@HOST/DATABASE", "RNNSEARCH_LEDGER"],
        ),
    ],
)
def test_what_a_store_cannot_hold_is_refused_before_anything_is_made(
    tmp_path: Path, bucket: Path, places_given: dict[str, str], remedies: list[str]
) -> None:
    file = tmp_path / "small.yaml"
    file.write_text("task: {type: sine}\n")
    study = Study.from_yaml(file, storage=STORAGE)
    with pytest.raises(StorageError, match="s3://bucket/studies is an object store") as raised:
        study.run(**places_given)  # type: ignore[arg-type]
    assert all(remedy in str(raised.value) for remedy in remedies)
    assert not list(bucket.rglob("*"))
    assert not study.directory.root.exists()


@dataclass
class KeptLedger:
    """A ledger as far as `recall` asks it."""

    lines: bytes
    notes: Notes = field(default_factory=lambda: Notes(announced_champion=MARK))  # type: ignore[arg-type]

    @property
    def store(self) -> KeptLedger:
        return self

    def kept(self) -> bytes:
        return self.lines

    def note(self, change: Callable[[Notes], Notes]) -> None:
        self.notes = change(self.notes)


def epochs(number: int, *which: int) -> EpochsReported:
    return EpochsReported(2.0, number, which, tuple({"val_mse": 0.5} for _ in which), 10)


def begun(number: int) -> TrialStarted:
    return TrialStarted(1.0, number, f"trial-{number}", {}, {}, 7, "pack")


def test_what_a_lost_machine_had_not_handed_on_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = StudyDirectory(Path(STORAGE), "small")
    directory.create()
    WriterState(tracking_uri="http://x", done=3, claimed=3).save(directory.outbox)
    box = Outbox(directory.outbox)
    box.on_event(begun(0))
    with mirrored(directory, print):
        pass
    monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / "b"))
    later = [epochs(0, 1, 2), begun(1), epochs(1, 1)]
    ledger: Any = KeptLedger(b"".join(encode(one, 1) for one in later))
    other = StudyDirectory(Path(STORAGE), "small")
    with mirrored(other, print):
        recall(other, ledger)
        assert WriterState.load(other.outbox).claimed == EVERYTHING
        told = list(SegmentReader(other.outbox, 0).read())
        assert [event for _, event in told] == [begun(0), *later]
        assert [sequence for sequence, _ in told] == [4, 5, 6, 7]
        assert ledger.notes.announced_champion is None


def test_who_goes_on_with_its_own_folder_doubts_only_what_is_told_again() -> None:
    directory = StudyDirectory(Path(STORAGE), "small")
    directory.create()
    WriterState(done=3, claimed=3).save(directory.outbox)
    ledger: Any = KeptLedger(b"")
    for lines, claimed, told in ((b"", 3, []), (encode(begun(0), 1), 4, [(4, begun(0))])):
        ledger.lines = lines
        with mirrored(directory, print):
            recall(directory, ledger)
        assert WriterState.load(directory.outbox).claimed == claimed
        assert list(SegmentReader(directory.outbox, 0).read()) == told
    assert ledger.notes.announced_champion == MARK


def test_arrays_from_memory_go_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    part = (np.ones((12, 5, 2)), np.arange(12.0))
    task = Arrays(train=part, val=part)
    small = {"batch_size": 4, "max_epochs": 1}
    study = Study(task=task, training=small, name="small", storage=STORAGE)
    assert study.directory.place == f"{STORAGE}/small"
    study.directory.create()
    study.directory.yaml.write_text(study.spec.yaml)
    keep_arrays(study.spec, study.directory)
    with mirrored(study.directory, print):
        pass
    shutil.rmtree(tmp_path / "a")
    monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path / "b"))
    path = Path(str(Study.open("small", storage=STORAGE).spec.values["task.path"]))
    assert path.is_relative_to(tmp_path / "b")
    assert path.is_file()
