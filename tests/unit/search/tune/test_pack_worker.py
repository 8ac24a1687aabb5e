"""The worker's side of updates: order, acknowledgement, refusals, snapshots."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from paper_pack import METRIC, PaperPack

from rnnsearch.models.config import ModelConfig
from rnnsearch.search.messages import Boarding, Departure, PackSettings, Update
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig

CONFIG = TrialConfig(
    task=SineConfig(),
    model=ModelConfig(),
    training=TrainingConfig(learning_rate=0.1, max_epochs=9, steps_per_epoch=100),
    seed=1,
)


def worker(
    folder: Path, pack: PaperPack, name: str = "p", every: float = 1e9, mark: str = ""
) -> PackWorker:
    settings = PackSettings(
        objective=METRIC,
        goal="minimize",
        slice_seconds=1.0,
        snapshot_seconds=every,
        snapshots=str(folder),
        logs="",
        threads=1,
        gpus=0.0,
        mark=mark,
    )
    return PackWorker(name, settings, lambda data: pack, lambda ref: ref)


def board(*trial_ids: str, seq: int = 1, snapshot: str | None = None, known: int = 9) -> Update:
    boardings = tuple(Boarding(one, CONFIG, snapshot, known_epoch=known) for one in trial_ids)
    return Update(seq, boardings=boardings, limits=dict.fromkeys(trial_ids, 9))


def test_the_first_step_reports_empty_so_that_the_pack_is_filled(tmp_path: Path) -> None:
    report = worker(tmp_path, PaperPack()).train_slice()
    assert (report.reports, report.roster) == ((), {})


def test_an_update_is_seen_before_the_next_step(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack())
    hand.train_slice()
    hand.apply(board("1", "2"))
    report = hand.train_slice()
    assert report.roster == {"1": 1, "2": 1}
    assert [epoch.trial_id for epoch in report.reports] == ["1", "2"]


def test_an_update_that_comes_twice_is_applied_once(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack())
    hand.apply(board("1"))
    hand.apply(board("1"))
    hand.train_slice()
    assert hand.train_slice().refusals == ()


def test_weights_come_back_for_those_that_are_wanted_and_only_once(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack())
    hand.apply(board("1", "2", "3"))
    hand.train_slice()
    hand.train_slice()
    hand.apply(Update(2, (Departure("1", True), Departure("2"), Departure("gone", True)), (), {}))
    report = hand.train_slice()
    assert set(report.weights) == {"1", "gone"}
    assert report.weights["1"] is not None
    assert report.weights["1"].metrics[METRIC] == 0.1 + 1.0
    assert report.weights["gone"] is None
    assert hand.train_slice().weights == {}


def test_a_trial_that_cannot_be_taken_is_refused_with_its_reason(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack())
    hand.train_slice()
    bad = replace(CONFIG, training=replace(CONFIG.training, learning_rate=0.5))
    hand.apply(Update(1, (), (Boarding("1", bad), Boarding("2", CONFIG)), {"2": 9}))
    report = hand.train_slice()
    assert [(one.trial_id, one.reason) for one in report.refusals] == [
        ("1", "0.5 cannot be learned with")
    ]
    assert report.roster == {"2": 1}


def test_an_unexpected_error_in_an_update_ends_the_pack_at_its_next_step(tmp_path: Path) -> None:
    class Broken(PaperPack):
        def add(self, *args: object) -> None:
            raise RuntimeError("no memory")

    hand = worker(tmp_path, Broken())
    hand.train_slice()
    hand.apply(board("1"))
    with pytest.raises(RuntimeError, match="no memory"):
        hand.train_slice()


def test_a_snapshot_is_written_on_demand_and_nothing_is_trained(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack())
    hand.apply(board("1", "2"))
    hand.train_slice()
    hand.train_slice()
    hand.apply(Update(2, limits={"1": 9, "2": 9}, snapshot_now=True))
    report = hand.train_slice()
    assert report.reports == ()
    assert (report.snapshot, report.snapshot_holds) == ("p.snap", frozenset({"1", "2"}))
    other = PaperPack()
    second = worker(tmp_path, other, "q")
    second.apply(board("2", snapshot="p.snap"))
    assert other.started_from == {"2": 1}


def test_a_damaged_snapshot_falls_back_to_the_one_before(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack(), every=0.0)
    hand.apply(board("1"))
    for _ in range(4):
        hand.train_slice()
    (tmp_path / "p.snap").write_bytes(b"RNNSNAP1 cut short")
    other = PaperPack()
    worker(tmp_path, other, "q").apply(board("1", snapshot="p.snap"))
    assert other.started_from == {"1": 2}


def test_epochs_that_nobody_was_told_of_are_trained_again(tmp_path: Path) -> None:
    """A trial starts from the newest snapshot that is no further than the epochs that the driver
    has on record (`known`), and without one from its seed: a driver that was killed may have missed
    the last report before a snapshot.
    """
    hand = worker(tmp_path, PaperPack(), every=0.0)
    hand.apply(board("1"))
    for _ in range(4):
        hand.train_slice()
    starts = []
    for known in (3, 2, 1):
        other = PaperPack()
        worker(tmp_path, other, "q").apply(board("1", snapshot="p.snap", known=known))
        starts.append(other.started_from["1"])
    assert starts == [3, 2, 0]


@pytest.mark.parametrize("damage", ["missing", "corrupt", "foreign"])
def test_without_a_readable_snapshot_a_trial_starts_from_its_seed(
    tmp_path: Path, damage: str
) -> None:
    hand = worker(tmp_path, PaperPack(), every=0.0)
    hand.apply(board("1"))
    hand.train_slice()
    hand.train_slice()
    if damage == "corrupt":
        (tmp_path / "p.snap").write_bytes(b"not a snapshot")
    other = PaperPack()
    second = worker(tmp_path, other, "q")
    config = replace(CONFIG, seed=2) if damage == "foreign" else CONFIG
    name = "nowhere.snap" if damage == "missing" else "p.snap"
    second.apply(Update(1, (), (Boarding("1", config, name),), {"1": 9}))
    assert other.started_from == {"1": 0}


def test_a_worker_that_does_not_see_the_folder_says_so_until_it_does(tmp_path: Path) -> None:
    hand = worker(tmp_path / "mounted later", PaperPack(), every=0.0)
    first = hand.train_slice()
    assert "does not see the folder" in first.unsaved
    hand.apply(board("1"))
    assert hand.train_slice().snapshot == ""
    (tmp_path / "mounted later").mkdir()
    report = hand.train_slice()
    assert (report.snapshot, report.unsaved, report.roster) == ("p.snap", "", {"1": 2})


def test_a_worker_in_another_folder_of_that_name_writes_nothing_there(tmp_path: Path) -> None:
    hand = worker(tmp_path, PaperPack(), every=0.0, mark="of this run")
    hand.apply(board("1"))
    hand.train_slice()
    report = hand.train_slice()
    assert "another one of that name" in report.unsaved
    assert list(tmp_path.iterdir()) == []


def test_a_pack_that_cannot_write_tries_less_and_less_often(tmp_path: Path) -> None:
    """Since each attempt may hold up the training."""
    hand = worker(tmp_path / "nowhere", PaperPack(), every=30.0)
    pauses = []
    for _ in range(6):
        pauses.append(hand._pause())
        hand._write_snapshot()
    hand.apply(board("1"))
    for _ in range(6):
        pauses.append(hand._pause())
        hand._write_snapshot()
    assert pauses == [60.0] * 7 + [120.0, 240.0, 480.0, 480.0, 480.0]
