"""Stopped trials trained to the end on paper: what is noted, told and gone on with."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paper_pack import LOSS, METRIC
from rig import Rig, paper_spec

from rnnsearch.events import EpochsReported, StoppedFinished, TrialEnded
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.finished import Finished
from rnnsearch.search.regret import regret, sample, stopped_trials, wilson
from rnnsearch.training.config import TrialConfig

ONE_SEED = "search.finalists={top: 2, seeds: 1}"


def asked(rig: Rig, count: int) -> Rig:
    rig.ledger.note(lambda notes: replace(notes, finish_stopped=count))
    return rig


def late(config: TrialConfig, epoch: int) -> Mapping[str, float]:
    """Who is behind at first is ahead at the end."""
    rate = config.training.learning_rate
    value = rate if epoch < 7 else (0.4 - rate) / 1000
    return {METRIC: value, LOSS: value}


def test_a_sample_is_trained_to_the_end_and_its_trials_stay_as_they_were(rigs: Any) -> None:
    rig = asked(rigs(paper_spec(ONE_SEED), curve=late), 3)
    rig.run()
    trials = rig.ledger.trials()
    finished = rig.ledger.notes.finished_stopped
    assert set(finished) == {one.number for one in sample(trials, 3, rig.spec.search.seed)}
    for number, one in finished.items():
        record = rig.ledger.trial(number)
        assert record.state == "pruned"
        assert max(record.values_by_epoch) == record.epoch < 9
        assert (one.state, one.epoch) == ("complete", 7)
        assert one.value == pytest.approx((0.4 - record.params["training.learning_rate"]) / 1000)
    told = {event.number: event for event in rig.notebook.of(StoppedFinished)}
    assert {number: event.value for number, event in told.items()} == {
        number: one.value for number, one in finished.items()
    }
    assert all(told[number].stopped_at == rig.ledger.trial(number).epoch for number in told)
    assert len(rig.notebook.of(TrialEnded)) == len(trials) == 12
    assert set(rig.reported().values()) == {1}, "their epochs are no trial's"


def test_the_champion_is_that_of_the_search(rigs: Any, tmp_path: Path) -> None:
    rig = rigs(paper_spec(), curve=late)
    rig.run()
    values = [each.values for each in rig.finalists.finalists]
    rig.end()
    second = asked(rigs(paper_spec(), curve=late, resume=True), 99)
    second.run()
    assert [each.values for each in second.finalists.finalists] == values
    assert set(second.ledger.notes.finished_stopped) == {
        one.number for one in stopped_trials(second.ledger.trials())
    }
    assert second.notebook.of(EpochsReported) == []


def test_what_is_done_is_not_trained_again_and_told_once(rigs: Any) -> None:
    wish: list[str] = []
    spec = paper_spec(ONE_SEED)
    rig = asked(rigs(spec, places=1, slots=2, interrupted=lambda: (wish or [None])[0]), 6)

    def interrupt(turn: int) -> None:
        if rig.ledger.notes.finished_stopped:
            wish.append("SIGINT")

    rig.run(each_turn=interrupt)
    rig.end()
    first = dict(rig.ledger.notes.finished_stopped)
    assert 0 < len(first) < 6
    second = rigs(spec, resume=True)
    second.run()
    finished = second.ledger.notes.finished_stopped
    assert len(finished) == 6
    assert {number: finished[number] for number in first} == first
    told = [one.number for rig in (rig, second) for one in rig.notebook.of(StoppedFinished)]
    assert sorted(told) == sorted(finished)


def test_a_driver_that_died_before_it_told_tells_after_a_resume(rigs: Any) -> None:
    rig = asked(rigs(paper_spec(ONE_SEED)), 2)
    rig.run()
    rig.ledger.note(lambda notes: replace(notes, announced_finished=()))
    rig.end()
    second = rigs(paper_spec(ONE_SEED), resume=True)
    second.run()
    second.end()
    assert len(second.notebook.of(StoppedFinished)) == 2
    assert len(second.ledger.notes.announced_finished) == 2


def test_packs_that_crash_train_it_again_and_at_last_give_up(rigs: Any) -> None:
    rig = asked(rigs(paper_spec(ONE_SEED), places=1), 1)
    crashes: list[int] = []

    def crash(turn: int) -> None:
        aboard = [job for book in rig.control.fleet.books.values() for job in book.aboard]
        if rig.control.phase == "stopped" and aboard and len(crashes) < 3:
            crashes.append(turn)
            rig.crash(next(iter(rig.workers)))

    rig.run(each_turn=crash)
    assert len(crashes) == 3
    assert [one.state for one in rig.ledger.notes.finished_stopped.values()] == ["failed"]


def test_a_larger_sample_holds_the_smaller_one_and_out_of_time_is_not_stopped(rigs: Any) -> None:
    rig = rigs(paper_spec(ONE_SEED))
    rig.run()
    trials = rig.ledger.trials()
    numbers = [[one.number for one in sample(trials, count, 5)] for count in (2, 5, 99)]
    assert numbers[1][:2] == numbers[0]
    assert numbers[2][:5] == numbers[1]
    assert len(numbers[2]) == sum(one.state == "pruned" for one in trials)
    assert numbers[2] != [one.number for one in sample(trials, 99, 6)]
    late = [replace(one, reason="the time budget ran out", attributes={}) for one in trials]
    assert stopped_trials(late) == []


def test_a_budget_that_is_up_is_said_and_the_sample_waits_for_a_larger_one(
    paper_study: Callable[..., Any],
) -> None:
    study = paper_study("search.scheduler={type: asha, grace_period: 1, reduction_factor: 3}")
    study.run()
    search, said = study.spec.search, list[str]()

    def run(hours: float | None) -> Any:
        study.spec = replace(study.spec, search=replace(search, max_device_hours=hours))
        study.wish = 2
        return study.run(stage=said.append)

    spent = run(1e-9)
    assert (spent.state, spent.reason) == ("budget", "the device hours ran out")
    assert "not training 2 stopped trials to the end: the device hours ran out" in said
    assert not study.ledger.notes.finished_stopped
    assert spent.champion is not None
    assert run(1000.0).state == "complete"
    assert len(study.ledger.notes.finished_stopped) == 2


def test_the_regret_counts_who_would_have_been_better() -> None:
    from made_trials import record

    trials = [
        *(replace(record(n, "pruned", 1.0), reason="stopped at epoch 2: 1") for n in range(4)),
        *(record(number, "complete", number / 10) for number in range(4, 24)),
    ]
    finished = {
        0: Finished(state="complete", value=0.3),
        1: Finished(state="complete", value=0.45),
        2: Finished(state="diverged"),
        3: Finished(state="failed"),
    }
    cost = regret(trials, finished, 0.4, Goal.MINIMIZE)
    assert cost is not None
    assert (cost.stopped, cost.finished, cost.better) == (4, 3, 1)
    assert dict(cost.in_best) == {1: 1, 10: 2}, "0.4 is the best, 0.5 the second of 20"
    assert cost.largest == pytest.approx(0.1)
    assert cost.median == pytest.approx(0.05)
    assert cost.gained == pytest.approx((0.7 + 0.55) / 2)
    assert regret(trials, {3: finished[3]}, 0.4, Goal.MINIMIZE) is None


def test_the_interval_of_a_share_is_wilsons() -> None:
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson(5, 20) == pytest.approx((0.1119, 0.4687), abs=1e-4)
    assert math.isclose(sum(wilson(10, 20)), 1.0)
