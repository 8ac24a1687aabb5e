"""Tapering on values that can be checked by hand."""

from __future__ import annotations

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.taper import Taper, TaperConfig


def tapering(power: float = 1.0, min_trials: int = 3, goal: Goal = Goal.MINIMIZE) -> Taper:
    how = TaperConfig(grace_period=3, interval=3, power=power, min_trials=min_trials)
    return how.rule(12, goal)


def report(rule: Taper, number: int, *values: float, first: int = 1) -> str | None:
    for epoch, value in enumerate(values, start=first):
        rule.record(number, epoch, value)
    return rule.decide(number)


def left_of(rule: Taper, trials: int) -> dict[int, int]:
    """How many of some trials come to each decision; all arrive there together."""
    going, came = list(range(trials)), {}
    for epoch in rule.epochs:
        came[epoch] = len(going)
        for number in going:
            rule.record(number, epoch, float(number))
        going = [number for number in going if rule.decide(number) is None]
    return came


def test_decisions_are_at_the_grace_period_and_at_every_interval_after_it() -> None:
    assert tapering().rungs == (3, 6, 9)
    assert tapering().grace == 3
    assert TaperConfig(grace_period=20).rule(12, Goal.MINIMIZE).rungs == ()


def test_as_many_are_left_as_the_power_says() -> None:
    """After 3, 6 and 9 of 12 epochs three quarters, a half and a quarter, of 400 trials."""
    came = left_of(tapering(), 400)
    assert came == pytest.approx({3: 400, 6: 300, 9: 200, 12: 100}, abs=2)
    came = left_of(tapering(power=2.0), 400)
    assert came == pytest.approx({3: 400, 6: 225, 9: 100, 12: 25}, abs=2)


@pytest.mark.parametrize(("goal", "sign"), [(Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, -1.0)])
def test_the_best_so_far_is_held_against_that_of_the_others(goal: Goal, sign: float) -> None:
    """Three in four of 1, 2, 3, 4 and 5 have 4 or less."""
    rule = tapering(min_trials=5, goal=goal)
    for number in range(5):
        assert report(rule, number, *[sign * (number + 1.0)] * 3) is None
    stop = report(rule, 5, sign * 9.0, sign * 9.0, sign * 4.5)
    assert stop == (
        f"stopped by tapering at epoch 3: best {sign * 4.5}, needed {sign * 4:g} or better, "
        "as 75% of 5 others had"
    )
    assert getattr(stop, "numbers", None) == {
        "rung": 3,
        "value": sign * 4.5,
        "threshold": sign * 4.0,
        "rank": 5,
        "trials": 6,
    }
    assert report(rule, 6, sign * 4.0, sign * 9.0, sign * 9.0) is None, "its best is good enough"


def test_until_enough_others_came_as_far_nobody_stops() -> None:
    rule = tapering(min_trials=3)
    for number in range(3):
        assert report(rule, number, *[float(number)] * 3) is None
    assert report(rule, 3, 9.0, 9.0, 9.0) is not None
