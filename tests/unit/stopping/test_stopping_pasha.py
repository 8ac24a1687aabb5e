"""PASHA on rankings that can be checked by hand."""

from __future__ import annotations

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.pasha import Pasha, PashaConfig, settled
from rnnsearch.stopping.rule import Stop


def pasha() -> Pasha:
    """Rungs at 2, 4, 8 and 16, of which 4 is the last at first."""
    return PashaConfig(grace_period=2, reduction_factor=2, min_trials=99).rule(16, Goal.MINIMIZE)


def come(rule: Pasha, number: int, *values: float, first: int = 1) -> str | None:
    for epoch, value in enumerate(values, start=first):
        rule.record(number, epoch, value)
    return rule.decide(number)


def test_with_one_ranking_all_stop_at_the_second_rung() -> None:
    rule = pasha()
    assert come(rule, 0, 3.0, 3.0) is None
    stop = come(rule, 0, 3.0, 2.5, first=3)
    assert stop == (
        "stopped by PASHA at epoch 4: 2.5, place 1 of 1, whose ranking is that of epoch 2 (noise 0)"
    )
    assert isinstance(stop, Stop)
    assert stop.numbers == {"rung": 4, "value": 2.5, "rank": 1, "trials": 1, "noise": 0.0}
    assert "place 1 of 2" in str(come(rule, 1, 2.0, 2.0, 2.0, 2.0))


def test_another_ranking_moves_the_last_rung_up_for_whoever_comes_then() -> None:
    rule = pasha()
    assert come(rule, 0, 3.0, 3.0, 3.0, 3.0) is not None
    assert come(rule, 1, 4.0, 4.0, 2.0, 2.0) is None, "behind 0 at epoch 2, before it at 4"
    assert "at epoch 8: " in str(come(rule, 1, 2.0, 2.0, 2.0, 2.0, first=5))
    assert come(rule, 2, 1.0, 1.0, 1.0, 1.0) is None, "one has trained beyond 4"
    assert "at epoch 8: " in str(come(rule, 2, 1.0, 1.0, 1.0, 1.0, first=5))


def test_beyond_the_last_rung_but_one_it_is_asha() -> None:
    rule = PashaConfig(grace_period=2, reduction_factor=2).rule(3, Goal.MINIMIZE)
    assert rule.rungs == (2,)
    assert come(rule, 0, 1.0, 1.0, 1.0) is None
    assert "stopped by PASHA at epoch 2: 2, needed 1" in str(come(rule, 1, 2.0, 2.0))


def test_pairs_whose_curves_cross_twice_show_the_noise() -> None:
    """0 and 1 take turns and are 0.2 apart at epoch 4; 2 leaves 0 behind, once and for good."""
    rule = pasha()
    come(rule, 0, 1.0, 1.2, 1.0, 1.2)
    come(rule, 1, 1.1, 1.1, 1.1, 1.0)
    assert rule._noise(2, 4) == pytest.approx(0.2)
    come(rule, 2, 5.0, 5.0, 0.1, 0.1)
    assert rule._noise(2, 4) == pytest.approx(0.2)
    assert rule._noise(4, 8) == 0.0


def test_a_ranking_has_settled_if_only_near_ones_change_places() -> None:
    before = {0: 5.0, 1: 3.0, 2: 2.9}
    assert settled(before, {0: 9.0, 1: 8.0, 2: 7.0}, 0.0)
    assert not settled(before, {0: 9.0, 1: 7.0, 2: 8.0}, 0.0)
    assert settled(before, {0: 9.0, 1: 7.0, 2: 8.0}, 0.11)
    assert not settled(before, {0: 7.0, 1: 9.0, 2: 8.0}, 0.11)
    assert settled(before, {0: 7.0, 1: 7.0, 2: 7.0}, 0.0), "equal ones have no order"
