"""The median rule on values that can be checked by hand."""

from __future__ import annotations

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.median import Median, MedianConfig


def median(min_trials: int = 3, goal: Goal = Goal.MINIMIZE) -> Median:
    how = MedianConfig(grace_period=2, interval=2, min_trials=min_trials)
    return how.rule(7, goal)


def report(rule: Median, number: int, *values: float, first: int = 1) -> str | None:
    for epoch, value in enumerate(values, start=first):
        rule.record(number, epoch, value)
    return rule.decide(number)


def test_decisions_are_at_the_grace_period_and_at_every_interval_after_it() -> None:
    assert median().rungs == (2, 4, 6)
    assert median().grace == 2
    assert MedianConfig(grace_period=9).rule(7, Goal.MINIMIZE).rungs == ()


@pytest.mark.parametrize(("goal", "sign"), [(Goal.MINIMIZE, 1.0), (Goal.MAXIMIZE, -1.0)])
def test_ones_best_is_held_against_the_median_of_the_others_averages(
    goal: Goal, sign: float
) -> None:
    """Averages until epoch 2 of the others: 3, 2 and 4, so that the median is 3."""
    rule = median(goal=goal)
    for number, values in enumerate([(4.0, 2.0), (3.0, 1.0), (4.0, 4.0)]):
        assert report(rule, number, *(sign * value for value in values)) is None
    assert report(rule, 3, sign * 3.0, sign * 9.0) is None, "its best is as good as the median"
    # The averages are now 2, 3, 4 and 6, and the median is 3.5.
    assert report(rule, 4, sign * 8.0, sign * 3.51) == (
        f"stopped by the median rule at epoch 2: best {sign * 3.51}, "
        f"needed {sign * 3.5} or better, the median of the averages of 4 others"
    )
    assert report(rule, 5, sign * 8.0, sign * 3.5) is None


def test_until_enough_others_came_as_far_nobody_stops() -> None:
    rule = median(min_trials=3)
    assert report(rule, 0, 1.0, 1.0) is None
    assert report(rule, 1, 1.0, 1.0) is None
    assert report(rule, 2, 9.0, 9.0) is None
    assert report(rule, 3, 9.0, 9.0) is not None


def test_an_average_is_of_all_epochs_until_the_decision_and_a_best_too() -> None:
    rule = median(min_trials=1)
    report(rule, 0, 8.0, 6.0, 4.0, 2.0)  # 7 until epoch 2, 5 until epoch 4
    assert report(rule, 1, 7.0, 7.0) is None
    assert report(rule, 1, 9.0, 9.0, first=3) is not None, "7 at best, of 5 until epoch 4"
    assert report(rule, 2, 4.0, 9.0) is None
    assert report(rule, 2, 9.0, 9.0, first=3) is None, "its best is of the second epoch"
