"""Successive halving by several goals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.mo_asha import MoAsha


def by_two(
    others: Mapping[int, float], *, factor: float = 2.0, min_trials: int = 1, last: int = 9
) -> MoAsha:
    """A rule with rungs at 1 and 3, and a second goal of a value for each trial."""
    return MoAsha(
        (1, 3, last),
        factor,
        Goal.MINIMIZE,
        lambda number, epoch: (others[number],),
        min_trials=min_trials,
    )


def test_the_dominated_are_stopped_and_the_front_goes_on() -> None:
    # By the first value alone 1 would be the last of all.
    rule = by_two({0: 4.0, 1: 1.0, 2: 4.0, 3: 5.0})
    for number, value in enumerate((1.0, 5.0, 4.0, 4.5)):
        assert rule.record(number, 1, value)
    assert rule.populations() == {1: 4, 3: 0, 9: 0}
    assert [rule.decide(number) is None for number in range(4)] == [True, True, False, False]


def test_the_first_goes_on_and_the_last_epoch_decides_nothing() -> None:
    rule = by_two({0: 0.0, 1: 0.0, 2: 0.0}, factor=3.0)
    rule.record(0, 1, 9.0)
    assert rule.decide(0) is None
    for number in (0, 1, 2):
        rule.record(number, 9, float(number))
        assert rule.decide(number) is None


@pytest.mark.parametrize(("of", "goes_on"), [("best", True), ("last", False)])
def test_the_best_value_so_far_is_compared_or_the_last_one(of: Any, goes_on: bool) -> None:
    config = AshaConfig(grace_period=3, of=of)
    rule = config.rule_by_goals(9, Goal.MINIMIZE, lambda number, epoch: (0.0,))
    for number, values in enumerate([(2.0, 2.0, 2.0), (1.0, 1.5, 9.0)]):
        for epoch, value in enumerate(values, 1):
            rule.record(number, epoch, value)
    assert (rule.decide(1) is None) == goes_on


def test_a_few_are_not_compared_before_there_are_as_many_as_asked() -> None:
    rule = by_two(dict.fromkeys(range(4), 0.0), min_trials=3)
    for number in range(4):
        rule.record(number, 1, float(number))
        assert (rule.decide(number) is None) == (number < 3)


def test_a_stop_says_its_numbers() -> None:
    rule = by_two({0: 0.0, 1: 1.0, 2: 2.0}, factor=3.0)
    for number in range(3):
        rule.record(number, 1, float(number))
    stop = rule.decide(2)
    assert stop == (
        "stopped by ASHA at epoch 1: place 3 of 3 by all goals, in front 3, needed 1 or better"
    )
    numbers = {"rung": 1, "rank": 3, "threshold": 1, "front": 3, "trials": 3}
    assert getattr(stop, "numbers", None) == numbers


def test_a_rule_that_is_rebuilt_from_a_ledger_decides_as_the_one_that_went_on() -> None:
    others = {number: float((number * 5) % 7) for number in range(8)}
    curves = {number: {1: float(number), 2: number / 2, 3: number / 3} for number in range(7)}
    went_on, again = by_two(others), by_two(others)
    for number, curve in curves.items():
        for epoch, value in curve.items():
            went_on.record(number, epoch, value)
            went_on.decide(number)
    again.rebuild(curves)
    assert again.populations() == went_on.populations() == {1: 7, 3: 7, 9: 0}
    for rule in (went_on, again):
        rule.record(7, 1, 6.5)
        rule.record(7, 3, 2.5)
    assert again.decide(7) == went_on.decide(7)


def test_with_one_goal_the_best_share_goes_on_whatever_it_is_called() -> None:
    config = AshaConfig(grace_period=1, reduction_factor=2.0, brackets=2)
    rule = config.rule_by_goals(9, Goal.MAXIMIZE, lambda number, epoch: ())
    assert rule.rungs == (1, 2, 4, 8)
    alone = AshaConfig(grace_period=1, reduction_factor=2.0).rule_by_goals(
        9, Goal.MAXIMIZE, lambda number, epoch: ()
    )
    for number in range(4):
        alone.record(number, 1, float(number))
    assert [alone.decide(number) is None for number in range(4)] == [False, False, True, True]
