"""Progress adds up hand-made events."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from contracts.hand_made import record, search

from rnnsearch.events import (
    BaselineScored,
    EpochsReported,
    ProposalsRefused,
    RungsChanged,
    StudyStarted,
    TrialEnded,
    TrialStarted,
    TrialState,
)
from rnnsearch.goal import Goal
from rnnsearch.space.words import duration
from rnnsearch.study.progress import Progress
from rnnsearch.study.speed import WINDOW_SECONDS


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def started(number: int) -> TrialStarted:
    return TrialStarted(0.0, number, f"trial-{number:04d}-rnn", {}, {}, 0, "pack-01")


def reported(number: int, *values: float, steps: int = 100) -> EpochsReported:
    epochs = list(range(1, len(values) + 1))
    return EpochsReported(0.0, number, epochs, [{"val_mse": v} for v in values], steps)


def ended(number: int, state: TrialState) -> TrialEnded:
    return TrialEnded(0.0, number, state, "", 5, 0.1, 0.1, 5, 1.0)


def test_trials_are_counted_by_their_last_state() -> None:
    progress = Progress(search())
    for number in range(4):
        progress.on_event(started(number))
    progress.on_event(ended(0, "complete"))
    progress.on_event(ended(1, "pruned"))
    progress.on_event(ended(2, "waiting"))
    progress.on_event(started(2))
    assert progress.counts() == {"running": 2, "complete": 1, "pruned": 1}
    assert ("trials", "2 running, 1 complete, 1 pruned, of 10") in progress.cells()


def test_copies_are_trials_beyond_those_that_were_asked_for() -> None:
    progress = Progress(search())
    for number in range(12):
        progress.on_event(started(number))
    assert ("trials", "12 running, of 12") in progress.cells()


@pytest.mark.parametrize(("goal", "best"), [("minimize", (0.2, 1)), ("maximize", (0.9, 0))])
def test_best_follows_the_goal_and_skips_what_is_not_finite(
    goal: Goal, best: tuple[float, int]
) -> None:
    progress = Progress(search(goal))
    progress.on_event(reported(0, 0.9, 0.5))
    progress.on_event(reported(1, 0.2, float("nan"), float("inf"), float("-inf")))
    assert progress.best == best


def test_of_equal_values_the_best_is_the_one_with_the_lower_own_loss() -> None:
    progress = Progress(search())
    progress.on_event(
        StudyStarted(
            *(0.0, "s", "d", "labels", "val_mse", "minimize", 25, False, ""), tie_break="val_nats"
        )
    )
    for number, nats in ((0, 0.3), (1, 0.1), (2, 0.2)):
        metrics = [{"val_mse": 0.5, "val_nats": nats}]
        progress.on_event(EpochsReported(0.0, number, [1], metrics, 10))
        name = f"baseline {number}"
        progress.on_event(BaselineScored(0.0, name, metrics[0]))
    assert progress.best == (0.5, 1)
    assert progress.best_baseline == (0.5, "baseline 1")


def test_best_baseline_by_the_metric_of_the_study() -> None:
    progress = Progress(search())
    progress.on_event(BaselineScored(0.0, "persistence", {"val_mse": 0.5, "other": 0.0}))
    progress.on_event(BaselineScored(0.0, "AR(8)", {"val_mse": 0.3}))
    progress.on_event(BaselineScored(0.0, "silent", {"other": 0.0}))
    assert progress.best_baseline == (0.3, "AR(8)")


def test_a_resumed_study_counts_what_had_ended() -> None:
    progress = Progress(search())
    progress.recall(
        [record(0, "complete", 0.4), record(1, "waiting", 0.6), record(2, "diverged", None)]
    )
    progress.on_event(started(1))
    assert progress.counts() == {"complete": 1, "diverged": 1, "running": 1}
    assert progress.best == (0.4, 0)


def test_target_of_an_extended_study() -> None:
    progress = Progress(search())
    progress.on_event(
        StudyStarted(0.0, "s", "d", "sine", "val_mse", "minimize", 25, True, "", notes=("a note",))
    )
    assert ("trials", "none yet, of 25") in progress.cells()


def test_steps_a_second_look_back_a_while() -> None:
    clock = Clock()
    progress = Progress(search(), clock=clock)
    assert progress.steps_per_second() == 0.0
    progress.on_event(reported(0, 0.5, steps=7))
    assert "training steps" not in dict(progress.cells())
    clock.now += 10.0
    progress.on_event(reported(0, 0.5, steps=300))
    assert ("training steps", "30 a second") in progress.cells()
    assert progress.steps_per_second() == pytest.approx(30.0)
    clock.now += WINDOW_SECONDS - 5.0
    progress.on_event(reported(0, 0.5, steps=150))
    assert progress.steps_per_second() == pytest.approx((5 * 30 + 150) / WINDOW_SECONDS)
    clock.now += 3 * WINDOW_SECONDS
    assert progress.steps_per_second() == 0.0
    assert "training steps" not in dict(progress.cells())


def test_epochs_that_take_minutes_have_a_rate_between_their_reports() -> None:
    """Ten trials side by side that each report 168 training steps every 20 minutes show 1.4 steps a
    second at any moment between two reports, and not 0.
    """
    clock = Clock()
    progress = Progress(search(), clock=clock)
    for number in range(10):
        progress.on_event(started(number))
    for _ in range(2):
        clock.now += 1200.0
        for number in range(10):
            progress.on_event(reported(number, 0.5, steps=168))
        for _ in range(9):
            clock.now += 120.0
            assert progress.steps_per_second() == pytest.approx(1.4)
            assert ("training steps", "1.4 a second") in progress.cells()
        clock.now -= 1080.0
    clock.now += 1e5
    assert progress.steps_per_second() == 0.0, "nothing was heard of them for long"


def test_a_trial_that_ended_trains_no_more() -> None:
    clock = Clock()
    progress = Progress(search(), clock=clock)
    progress.on_event(started(0))
    progress.on_event(started(1))
    clock.now += 100.0
    progress.on_event(reported(0, 0.5, steps=100))
    progress.on_event(reported(1, 0.5, steps=300))
    progress.on_event(ended(1, "pruned"))
    clock.now += 50.0
    assert progress.steps_per_second() == pytest.approx(1.0)


def test_time_left_from_the_trials_that_ended() -> None:
    clock = Clock()
    progress = Progress(search(), clock=clock)
    progress.on_event(reported(0, 0.5))
    assert progress.seconds_left() is None
    clock.now += 20.0
    progress.on_event(ended(0, "complete"))
    progress.on_event(ended(1, "pruned"))
    assert progress.seconds_left() == pytest.approx(80.0)
    for number in range(2, 10):
        progress.on_event(ended(number, "pruned"))
    assert progress.seconds_left() is None


def test_time_left_is_cut_by_the_budget() -> None:
    clock = Clock()
    progress = Progress(search(budget=60.0), clock=clock)
    clock.now += 20.0
    assert progress.seconds_left() == pytest.approx(40.0)
    clock.now += 100.0
    assert progress.seconds_left() == 0.0


def test_rungs_are_named_by_their_epochs() -> None:
    progress = Progress(search())
    progress.on_event(RungsChanged(0.0, {15: 21, 5: 60}))
    assert ("trials at rungs (epochs)", "60 at 5, 21 at 15") in progress.cells()
    progress.on_event(RungsChanged(0.0, {5: 9}, "decisions"))
    assert ("trials at decisions (epochs)", "9 at 5") in progress.cells()


def test_of_many_rungs_the_first_and_the_last_are_named() -> None:
    progress = Progress(search())
    progress.on_event(RungsChanged(0.0, {epoch: 100 - epoch for epoch in range(5, 55, 5)}))
    said = "95 at 5, 90 at 10, 85 at 15, 80 at 20, 75 at 25, ..., 55 at 45, 50 at 50"
    assert ("trials at rungs (epochs)", said) in progress.cells()


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0s"), (59.6, "1m00s"), (75, "1m15s"), (3725, "1h02m")]
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_what_was_not_trained_and_what_a_metric_stands_for_is_told_in_words() -> None:
    progress = Progress(search())
    progress.on_event(
        StudyStarted(
            *(0.0, "s", "d", "series", "val_mse", "minimize", 25, False, ""),
            labels={"val_mse": "val_mse of Köln"},
        )
    )
    assert "not trained" not in dict(progress.cells())
    progress.on_event(reported(0, 0.5))
    progress.on_event(ProposalsRefused(1.0, {"parameters <= 50": 12, "latency <= 1": 3}))
    cells = dict(progress.cells())
    assert cells["not trained"] == "12 that break parameters <= 50, 3 that break latency <= 1"
    assert cells["best val_mse of Köln"] == "0.5 (trial 0)"
