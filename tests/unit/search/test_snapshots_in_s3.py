"""Packs that keep their snapshots in a real S3 server, which refuses and goes away."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from paper_pack import METRIC, PaperPack
from paper_study import PaperStudy
from snapshot_places import CONFIG, SnapshotPlaceContract

from rnnsearch.errors import StorageError
from rnnsearch.events import EpochsReported
from rnnsearch.object_store.folder import ObjectFolder
from rnnsearch.search.control import Control
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.doctor.finding import Silent
from rnnsearch.search.doctor.nodes import ThisMachine
from rnnsearch.search.doctor.seen import check_seen
from rnnsearch.search.doctor.stores import check_store
from rnnsearch.search.messages import Boarding, PackSettings, Update
from rnnsearch.search.snapshot_place import SnapshotPlace, StorePlace
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.study.examining import examine
from tests.contracts.s3 import BUCKET, S3, SECRET, served

_numbers = count()


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with served() as running:
        yield running


@pytest.fixture
def folder(server: S3, monkeypatch: pytest.MonkeyPatch) -> ObjectFolder:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return ObjectFolder.at(f"s3://{BUCKET}/snapshots-{next(_numbers)}", 0.0)


class TestS3Snapshots(SnapshotPlaceContract):
    @pytest.fixture
    def place(self, folder: ObjectFolder) -> SnapshotPlace:
        return StorePlace(folder)


def worker(folder: ObjectFolder, pack: PaperPack, name: str, mark: str = "") -> PackWorker:
    settings = PackSettings(
        objective=METRIC,
        goal="minimize",
        slice_seconds=1.0,
        snapshot_seconds=0.0,
        snapshots=str(folder),
        logs="",
        threads=1,
        gpus=0.0,
        mark=mark,
    )
    return PackWorker(name, settings, lambda data: pack, lambda ref: ref)


def board(snapshot: str | None = None) -> Update:
    return Update(1, boardings=(Boarding("1", CONFIG, snapshot, known_epoch=9),), limits={"1": 9})


def test_a_pack_goes_on_from_what_another_wrote(folder: ObjectFolder) -> None:
    hand = worker(folder, PaperPack(), "p")
    hand.apply(board())
    for _ in range(3):
        report = hand.train_slice()
    assert (report.snapshot, report.unsaved) == ("p.snap", "")
    assert folder.names() == ["p.snap", "p.snap.before"]
    other = PaperPack()
    worker(folder, other, "q").apply(board("p.snap"))
    assert other.started_from == {"1": 2}


def test_a_pack_whose_store_is_away_trains_on_and_says_so(folder: ObjectFolder, server: S3) -> None:
    hand = worker(folder, PaperPack(), "p")
    hand.apply(board())
    hand.train_slice()
    assert hand.train_slice().snapshot_holds == frozenset({"1"})
    server.refusing = 503
    try:
        reports = [hand.train_slice() for _ in range(2)]
    finally:
        server.refusing = None
    assert [one.roster for one in reports] == [{"1": 2}, {"1": 3}]
    assert all("does not answer" in one.unsaved for one in reports)
    assert reports[-1].snapshot == "p.snap"  # that of before can still be read
    report = hand.train_slice()
    assert report.unsaved == ""
    other = PaperPack()
    worker(folder, other, "q").apply(board("p.snap"))
    assert other.started_from == {"1": 4}


def test_a_pack_without_credentials_says_so_in_its_first_report(
    folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    StorePlace(folder).mark("run")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", "/nowhere")
    report = worker(folder, PaperPack(), "p", mark="run").train_slice()
    assert "AWS_ACCESS_KEY_ID is not set" in report.unsaved


def test_every_node_is_asked_before_the_first_trial(
    folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    StorePlace(folder).mark("run")
    check_seen(ThisMachine(), str(folder), "run")
    assert folder.names() == ["seen-run"]
    with pytest.raises(StorageError, match="is not what the driver sees"):
        check_seen(ThisMachine(), str(folder), "another")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")
    with pytest.raises(StorageError, match=rf"of 1 nodes .* in {folder}: .*refuses") as refused:
        check_seen(ThisMachine(), str(folder), "run")
    assert SECRET not in str(refused.value)


def test_a_node_that_may_only_read_is_found_too(folder: ObjectFolder, server: S3) -> None:
    StorePlace(folder).mark("run")
    server.read_only = True
    try:
        with pytest.raises(StorageError, match="The object store refuses"):
            check_seen(ThisMachine(), str(folder), "run")
    finally:
        server.read_only = False


def test_a_study_in_a_store_is_examined_there(
    folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RNNSEARCH_LEDGER", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    findings = {one.check: one for one in examine(None, Path(str(folder)), None, None)}
    assert findings["storage"].text == f"{folder}: written and read"
    assert "--ledger postgresql://" in findings["ledger"].text
    assert "--tracking-uri http://" in findings["tracking"].text


def test_a_study_goes_on_from_what_its_packs_left_in_the_store(
    folder: ObjectFolder,
    paper_study: Callable[..., PaperStudy],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Ctrl-C, the champion of unfinished trials, a resume, and nothing left behind."""
    monkeypatch.setattr("rnnsearch.search.endings.POLL_SECONDS", 0.0)
    monkeypatch.setenv("RNNSEARCH_CACHE", str(tmp_path))
    study = paper_study()
    study.directory = StudyDirectory(Path(str(folder)), "paper")
    study.directory.create()
    stored = folder.joined("paper", "snapshots")

    def interrupt(turn: int, control: Control) -> None:
        if turn == 2:
            os.kill(os.getpid(), signal.SIGINT)

    outcome = study.run(each_turn=interrupt)
    assert outcome.state == "interrupted"
    assert outcome.champion is not None
    assert [name for name in stored.names() if name.startswith("pack-")]
    assert list(study.directory.snapshots.iterdir()) == []
    assert study.run().state == "complete"
    told = [(one.number, epoch) for one in study.heard.of(EpochsReported) for epoch in one.epochs]
    assert len(told) == len(set(told))
    assert stored.names() == []


class TwoNodes(ThisMachine):
    """This process twice, the second time without credentials."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.names = ["a", "b"]
        self._patch = monkeypatch

    def ask(self, function: Any, *arguments: Any) -> dict[str, Any]:
        return {name: self.ask_one(name, function, *arguments) for name in self.names}

    def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
        with self._patch.context() as patch:
            if name == "b":
                patch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")
            return function(*arguments)


def test_the_doctor_writes_on_each_node_and_leaves_nothing(folder: ObjectFolder) -> None:
    (finding,) = check_store(ThisMachine(), str(folder))
    assert (finding.level, finding.text) == ("ok", f"{folder}: written and read")
    assert folder.names() == []


def test_the_doctor_names_the_node_that_the_store_refuses(
    folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding,) = check_store(TwoNodes(monkeypatch), str(folder))
    assert finding.level == "fail"
    assert finding.text.startswith(f"b cannot write to {folder}: The object store refuses")
    assert "`ray start`" in finding.remedy
    assert SECRET not in finding.text
    assert folder.names() == []


def test_the_doctor_tells_of_a_node_that_the_store_does_not_answer(
    folder: ObjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging(TwoNodes):
        def ask_one(self, name: str, function: Any, *arguments: Any) -> Any:
            return Silent("hangs") if name == "b" else function(*arguments)

    (finding,) = check_store(Hanging(monkeypatch), str(folder))
    assert (finding.level, finding.text) == ("fail", f"b cannot write to {folder}: hangs")
    assert folder.names() == []


def test_the_doctor_tells_of_a_store_that_is_away(folder: ObjectFolder, server: S3) -> None:
    server.refusing = 503
    try:
        (finding,) = check_store(ThisMachine(), str(folder))
    finally:
        server.refusing = None
    assert (finding.level, "does not answer" in finding.text) == ("fail", True)
