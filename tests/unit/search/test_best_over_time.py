"""The best value over time: who had it when, over wall time and training, and at shares of both."""

from __future__ import annotations

import math
from typing import Any

import pytest

from rnnsearch.goal import Goal
from rnnsearch.search.best_over_time import best_over_time, had_it_ended, improvements
from rnnsearch.search.ledger.trial_record import TrialRecord


def ended(number: int, when: float | None, value: float | None, state: Any) -> TrialRecord:
    return TrialRecord(
        number,
        seed=0,
        state=state,
        best_value=value,
        started=100.0 if number == 2 else 101.0,
        ended=when,
        seconds=None if number == 3 else 4.0,
    )


TRIALS = [
    ended(0, 130.0, 0.5, "complete"),
    ended(1, 110.0, 0.1, "diverged"),
    ended(2, 120.0, 0.7, "pruned"),
    ended(3, 150.0, 0.6, "complete"),
    ended(4, 140.0, math.nan, "complete"),
    ended(5, None, 0.01, "running"),
]


def test_the_best_follows_the_order_of_the_ends_and_passes_over_what_diverged() -> None:
    moments = best_over_time(TRIALS, Goal.MINIMIZE)
    assert [(one.ended, one.number, one.best, one.best_number) for one in moments] == [
        *((1, 1, None, None), (2, 2, 0.7, 2), (3, 0, 0.5, 0), (4, 4, 0.5, 0), (5, 3, 0.5, 0))
    ]
    assert [one.wall_seconds for one in moments] == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert [one.training_seconds for one in moments] == [4.0, 8.0, 12.0, 16.0, 16.0]
    risen = best_over_time(TRIALS, Goal.MAXIMIZE)
    assert [one.best for one in risen] == [None, 0.7, 0.7, 0.7, 0.7]
    assert best_over_time([], Goal.MINIMIZE) == []


def test_only_moments_at_which_the_best_changed_are_improvements() -> None:
    moments = best_over_time(TRIALS, Goal.MINIMIZE)
    assert [one.number for one in improvements(moments)] == [2, 0]


@pytest.mark.parametrize("along", ["wall_seconds", "training_seconds"])
def test_what_it_had_given_after_shares_of_what_it_took(along: str) -> None:
    moments = best_over_time(TRIALS, Goal.MINIMIZE)
    earlier = list(had_it_ended(moments, lambda one: getattr(one, along), (0.1, 0.5, 1.0)))
    total = getattr(moments[-1], along)
    assert [one.spent for one in earlier] == pytest.approx([0.1 * total, 0.5 * total, total])
    assert [one.moment and one.moment.best for one in earlier] == [None, 0.7, 0.5]
    assert not list(had_it_ended([], lambda one: one.time))
