"""Patience on curves that can be checked by hand."""

from __future__ import annotations

from typing import Any

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.patience import PatienceConfig
from rnnsearch.stopping.rule import Stop


def stop(values: list[float], goal: Goal = Goal.MINIMIZE, **keys: Any) -> str | None:
    """Why a trial stops that reports these values, decided at every epoch; None where it ends."""
    config = PatienceConfig(**{"patience": 3, "grace_period": 1, "interval": 1, **keys})
    rule = config.rule(len(values), goal)
    for epoch, value in enumerate(values, start=1):
        rule.record(0, epoch, value)
        if (reason := rule.decide(0)) is not None:
            return reason
    return None


@pytest.mark.parametrize(("goal", "sign"), [(Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, -1.0)])
def test_it_waits_as_long_as_it_says_for_a_better_best(goal: Goal, sign: float) -> None:
    reason = stop([sign * value for value in (3.0, 1.0, 2.0, 2.0, 1.0, 0.5, 0.5)], goal)
    assert reason == (
        f"stopped by patience at epoch 5: the best value was {sign:.4g} at epoch 2, and no better "
        "in the 3 epochs since 2"
    )
    assert isinstance(reason, Stop)
    assert reason.numbers == {"rung": 5, "value": sign, "threshold": sign, "best_epoch": 2}
    assert stop([sign * value for value in (3.0, 1.0, 2.0, 2.0, 0.9, 0.5, 0.5)], goal) is None


def test_less_than_min_delta_is_no_improvement_and_small_ones_add_up() -> None:
    falling = [3.0, 2.9, 2.8, 2.7, 2.6, 2.5, 2.4]
    assert stop(falling, min_delta=0.25) is None, "0.3 in three epochs"
    assert "no better by more than 0.35 in" in str(stop(falling, min_delta=0.35))


def test_a_median_is_moved_by_no_lucky_epoch() -> None:
    """The best falls in epoch 6 by luck; the median of three stays at 2."""
    lucky = [2.0, 2.0, 2.0, 2.0, 2.0, 0.1, 2.0, 2.0, 2.0]
    assert "at epoch 4: " in str(stop(lucky))
    assert stop(lucky[4:], patience=3) is None
    assert "the median of 3 epochs was 2 at epoch 3" in str(
        stop(lucky, of="median", window=3, patience=3)
    )


def test_a_median_sees_through_oscillation() -> None:
    """The best is of epoch 2 for long, while the middle falls all the time."""
    swinging = [9.0, 1.0, 8.0, 2.0, 7.0, 1.5, 6.0, 1.4, 5.0]
    assert stop(swinging, patience=4) is not None
    assert stop(swinging, patience=4, of="median", window=3) is None


def test_the_grace_period_and_the_interval_set_the_decisions() -> None:
    def rungs(**keys: int) -> tuple[int, ...]:
        return PatienceConfig(**keys).rule(20, Goal.MINIMIZE).rungs  # type: ignore[arg-type]

    assert rungs(patience=3, grace_period=8, interval=5) == (8, 13, 18)
    assert rungs(patience=9, grace_period=8, interval=5) == (10, 15)
    assert PatienceConfig(patience=9, grace_period=8).rule(20, Goal.MINIMIZE).grace == 8
