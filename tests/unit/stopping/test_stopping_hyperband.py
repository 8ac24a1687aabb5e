"""Hyperband's brackets on numbers that can be checked by hand."""

from __future__ import annotations

import pytest

from rnnsearch.goal import Goal
from rnnsearch.stopping.hyperband import HyperbandConfig


def test_brackets_start_at_the_papers_epochs_and_get_trials_by_the_papers_budgets() -> None:
    """81 epochs, at least 3, factor 3: brackets of 27, 9, 3 and 1 times `4 / (s + 1)` trials."""
    rule = HyperbandConfig(grace_period=3).rule(81, Goal.MINIMIZE)
    assert rule.rungs == (3, 9, 27)
    assert rule.grace == 3
    drawn = [rule.bracket(number) for number in range(6000)]
    shares = [drawn.count(bracket) / 6000 for bracket in range(4)]
    sizes = [27 / 4, 9 / 3, 3 / 2, 1]
    assert shares == pytest.approx([size / sum(sizes) for size in sizes], abs=0.02)


def test_a_bracket_compares_its_own_trials_and_the_last_stops_nobody() -> None:
    rule = HyperbandConfig(grace_period=3).rule(81, Goal.MINIMIZE)
    for number in range(200):
        for epoch in range(1, 82):
            rule.record(number, epoch, float(number))
    stops = {number: rule.decide(number) for number in range(200)}
    assert all(stops[number] is None for number in stops if rule.bracket(number) == 3)
    first = [number for number in stops if rule.bracket(number) == 0]
    assert stops[first[0]] is None
    assert str(stops[first[-1]]).startswith("stopped by Hyperband at epoch 3: 19")
    assert f"among {len(first)} in bracket 1 of 4" in str(stops[first[-1]])


def test_few_epochs_leave_one_bracket_which_stops_nobody() -> None:
    rule = HyperbandConfig(grace_period=5).rule(9, Goal.MINIMIZE)
    assert rule.rungs == ()
    assert rule.populations() == {9: 0}
    assert HyperbandConfig(grace_period=3).rule(10, Goal.MINIMIZE).rungs == (4,)
