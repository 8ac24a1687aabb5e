"""How many trials come to each rung, by the study's own rule on made-up curves."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_space import small_spec

from rnnsearch.goal import Goal
from rnnsearch.search.planning.interval import Interval
from rnnsearch.search.planning.population import MOST_TRIALS, play


def test_without_a_rule_every_trial_comes_to_the_end() -> None:
    played = play(small_spec("search.scheduler={type: none}"), aboard=4, seed=0)
    assert played.at == {9: 5}
    assert played.epochs == 45


@pytest.mark.parametrize("goal", list(Goal))
def test_asha_lets_about_a_third_go_on(goal: Goal) -> None:
    spec = small_spec("search.num_trials=300")
    spec = replace(spec, search=replace(spec.search, goal=goal))
    played = play(spec, aboard=16, seed=1)
    assert list(played.at) == [1, 3, 9]
    assert played.at[1] == 300
    assert 85 <= played.at[3] <= 140
    assert 25 <= played.at[9] <= 60
    ends = {1: 300 - played.at[3], 3: played.at[3] - played.at[9], 9: played.at[9]}
    assert played.epochs == sum(epoch * count for epoch, count in ends.items())


def test_of_many_trials_some_stand_for_all() -> None:
    few = play(small_spec(f"search.num_trials={MOST_TRIALS}"), aboard=16, seed=2)
    many = play(small_spec(f"search.num_trials={10 * MOST_TRIALS}"), aboard=16, seed=2)
    assert many.epochs == 10 * few.epochs
    assert many.at == {rung: 10 * count for rung, count in few.at.items()}


def test_equal_seeds_play_equally() -> None:
    spec = small_spec("search.num_trials=60")
    assert play(spec, aboard=8, seed=3) == play(spec, aboard=8, seed=3)
    assert play(spec, aboard=8, seed=3) != play(spec, aboard=8, seed=4)


def test_an_interval_holds_four_in_five() -> None:
    interval = Interval.of([float(number) for number in range(101)])
    assert interval == Interval(50.0, 10.0, 90.0)
    assert interval.times(0.5) == Interval(25.0, 5.0, 45.0)
