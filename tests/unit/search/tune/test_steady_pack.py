"""A pack that trains between its driver's calls: what is told, when, and that nothing is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import torch
from paper_pack import PaperPack

from rnnsearch.errors import PackError
from rnnsearch.models.config import ModelConfig
from rnnsearch.search.messages import Boarding, PackSettings, Update
from rnnsearch.search.tune import steady_pack
from rnnsearch.search.tune.pack_worker import PackWorker
from rnnsearch.search.tune.steady_pack import SteadyPack
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.testing.waves import alone, curve, trial, wave_pack
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.report import SliceResult, joined
from rnnsearch.training.snapshot import read_snapshots

CONFIG = TrialConfig(
    task=SineConfig(),
    model=ModelConfig(),
    training=TrainingConfig(learning_rate=0.1, max_epochs=99, steps_per_epoch=100),
    seed=1,
)
LONG = 60.0


class Ticketed(PaperPack):
    """Trains, an epoch of every trial that may, in as many turns as a test hands out tickets."""

    def __init__(self) -> None:
        super().__init__()
        self.tickets = threading.Semaphore(0)
        self.taken = threading.Semaphore(0)
        self.broken = False

    def wanting(self, limits: Mapping[str, int]) -> int:
        return sum(epoch < limits.get(trial_id, 0) for trial_id, epoch in self.epochs.items())

    def turn(self, limits: Mapping[str, int]) -> SliceResult:
        if self.broken:
            raise PackError("the device is gone")
        if not self.tickets.acquire(timeout=0.001):
            return SliceResult(roster=dict(self.epochs))
        step = self.train(limits, 0.0)
        self.taken.release()
        return step

    def allow(self, turns: int) -> None:
        """Hand out tickets, and wait until all of them are used."""
        self.tickets.release(turns)
        for _ in range(turns):
            assert self.taken.acquire(timeout=LONG)


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> Ticketed:
    monkeypatch.setattr(steady_pack, "EARLY_SECONDS", 0.0)
    return Ticketed()


@pytest.fixture
def steady(paper: Ticketed) -> Iterator[SteadyPack]:
    steady = SteadyPack(paper)
    yield steady
    paper.tickets.release(100)
    steady.close()


def told(step: SliceResult) -> list[tuple[str, int]]:
    return [(report.trial_id, report.epoch) for report in step.reports]


def test_it_tells_when_a_trial_waits_and_trains_the_others_meanwhile(
    paper: Ticketed, steady: SteadyPack
) -> None:
    steady.add("a", CONFIG)
    steady.add("b", CONFIG)
    paper.tickets.release(1)
    first = steady.train({"a": 1, "b": 9}, LONG)
    assert (told(first), first.roster) == ([("a", 1), ("b", 1)], {"a": 1, "b": 1})
    paper.taken.acquire()
    paper.allow(3)
    paper.tickets.release(5)  # to its ninth epoch, where everybody waits
    second = steady.train({"a": 1, "b": 9}, LONG)
    assert told(second) == [("b", epoch) for epoch in range(2, len(second.reports) + 2)]
    assert len(second.reports) >= 4
    assert second.roster == {"a": 1, "b": len(second.reports) + 1}


def test_it_stands_still_from_any_other_call_to_the_next_training(
    paper: Ticketed, steady: SteadyPack
) -> None:
    steady.add("a", CONFIG)
    steady.add("b", CONFIG)
    paper.tickets.release(2)  # one more than the first call needs
    steady.train({"a": 1, "b": 9}, LONG)
    paper.tickets.release(1)
    before = dict(steady.roster)
    paper.tickets.release(50)
    assert steady.remove("a") is not None
    steady.add("c", CONFIG)
    assert steady.roster == {"b": before["b"], "c": 0}
    assert {trial_id: state.epoch for trial_id, state in steady.state().items()} == {
        "b": before["b"],
        "c": 0,
    }


def test_without_limits_everything_is_told_and_it_stands_still(
    paper: Ticketed, steady: SteadyPack
) -> None:
    steady.add("a", CONFIG)
    steady.add("b", CONFIG)
    paper.tickets.release(1)
    steady.train({"a": 1, "b": 90}, LONG)
    paper.tickets.release(2)
    step = steady.train({}, LONG)
    paper.tickets.release(50)
    assert step.roster == steady.roster
    assert told(step) == [("b", epoch) for epoch in range(2, step.roster["b"] + 1)]
    assert steady.train({}, LONG).reports == []


def test_a_turn_that_fails_ends_the_next_training(paper: Ticketed, steady: SteadyPack) -> None:
    steady.add("a", CONFIG)
    paper.broken = True
    with pytest.raises(PackError, match="the device is gone"):
        steady.train({"a": 1}, LONG)


def test_a_snapshot_holds_no_epoch_that_was_not_told(
    paper: Ticketed, steady: SteadyPack, tmp_path: Path
) -> None:
    settings = PackSettings("val_mse", "minimize", LONG, 1e9, str(tmp_path), "", 1, 0.0)
    worker = PackWorker("p", settings, lambda data: steady, lambda ref: ref)
    worker.train_slice()
    boardings = (Boarding("a", CONFIG), Boarding("b", CONFIG))
    worker.apply(Update(1, (), boardings, {"a": 1, "b": 90}))
    paper.tickets.release(1)
    reports = [*worker.train_slice().reports]
    paper.tickets.release(3)
    worker.apply(Update(2, limits={"a": 1, "b": 90}, snapshot_now=True))
    reports += worker.train_slice().reports
    epochs = [report.epoch for report in reports if report.trial_id == "b"]
    assert read_snapshots(tmp_path / "p.snap")["b"].epoch == epochs[-1]
    assert epochs == list(range(1, len(epochs) + 1))


def test_curves_are_those_of_each_trial_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady_pack, "EARLY_SECONDS", 0.01)
    torch.set_num_threads(1)
    configs = {"a": trial(1), "b": trial(2, model={"hidden_size": 20}), "c": trial(3)}
    steady = SteadyPack(wave_pack())
    limits: dict[str, int] = {}
    arriving, steps = list(configs), []
    for _ in range(1000):
        if arriving:
            trial_id = arriving.pop(0)
            steady.add(trial_id, configs[trial_id])
            limits[trial_id] = 1
        steps.append(steady.train(limits, 0.05))
        for trial_id, epoch in steps[-1].roster.items():
            limits[trial_id] = min(2, epoch + 1)
        if not arriving and all(epoch == 2 for epoch in steps[-1].roster.values()):
            break
    steady.close()
    everything = joined(steps, 0.0)
    for trial_id, config in configs.items():
        assert curve(everything, trial_id) == alone(config)
