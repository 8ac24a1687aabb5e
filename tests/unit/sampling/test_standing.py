"""Trials are ranked by what they would come to, ended or not, and TPE learns from that."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import optuna
import planted
import pytest
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling.qmc import QmcConfig
from rnnsearch.sampling.standing import as_complete, source_of
from rnnsearch.sampling.tpe import TpeConfig


def trial(state: TrialState, *values: float, **more: Any) -> FrozenTrial:
    curve = dict(enumerate(values, 1))
    made = optuna.trial.create_trial(state=TrialState.RUNNING, intermediate_values=curve, **more)
    made.state = state
    if state == TrialState.COMPLETE:
        made.value = values[-1]
    return made


@pytest.mark.parametrize(
    ("stops", "epochs"), [((), 4), ((3,), 4), ((5,), 5), ((3, 5), 5), ((6, 7), 6)]
)
def test_one_that_runs_counts_as_of_the_last_epoch_at_which_others_are_compared(
    stops: tuple[int, ...], epochs: int
) -> None:
    running = trial(TrialState.RUNNING, *(1.0 / one for one in range(1, 7)))
    source = source_of(running, Goal.MINIMIZE, stops)
    assert source is not None
    assert (max(source.curve), source.running, source.final) == (epochs, True, None)


@pytest.mark.parametrize(
    "useless",
    [
        trial(TrialState.RUNNING),
        trial(TrialState.RUNNING, math.nan),
        trial(TrialState.WAITING, 1.0),
        trial(TrialState.FAIL, 1.0),
        trial(TrialState.PRUNED),
        trial(TrialState.PRUNED, 5.0, system_attrs={"constraints:diverged": 1.0}),
    ],
    ids=["no report", "no number", "waiting", "failed", "no value", "diverged"],
)
def test_from_these_nothing_is_foretold_and_they_stay_as_they_are(useless: FrozenTrial) -> None:
    assert source_of(useless, Goal.MINIMIZE, ()) is None
    assert as_complete([useless], Goal.MINIMIZE)[0] is useless


@pytest.mark.parametrize("goal", list(Goal))
@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.PRUNED])
def test_the_best_value_so_far_counts_where_a_curve_oscillates(
    state: TrialState, goal: Goal
) -> None:
    values = (goal.cost(value) for value in (3.0, 1.0, 2.0, math.nan, 2.5, 0.5, 4.0, 0.1))
    source = source_of(trial(state, *values), goal, ())
    assert source is not None
    assert source.curve == {1: 3.0, 2: 1.0, 3: 1.0, 5: 1.0, 6: 0.5, 7: 0.5, 8: 0.1}


@pytest.mark.parametrize("goal", list(Goal))
def test_a_complete_one_that_was_let_pass_stands_behind_better_ones_that_run(goal: Goal) -> None:
    sign = goal.cost(1.0)
    curves = [(3.0, 2.0, 2.0), (1.0, 0.5), (2.5,), (3.5,)]
    states = [TrialState.COMPLETE, TrialState.RUNNING, TrialState.RUNNING, TrialState.PRUNED]
    trials = [
        trial(state, *(sign * value for value in curve))
        for state, curve in zip(states, curves, strict=True)
    ]
    values = [goal.cost(one.values[0]) for one in as_complete(trials, goal)]
    assert sorted(range(4), key=values.__getitem__) == [1, 2, 0, 3]
    assert [one.state for one in trials] == states


def test_tpe_goes_where_those_are_that_nobody_has_heard_the_end_of() -> None:
    """All ended trials are bad ones with high rates; the good ones, with low rates, still train."""
    study = optuna.create_study(sampler=TpeConfig().make(planted.start(1, 60)))
    for number in range(24):
        good = number % 2
        rate = (1e-3 if good else 3e-2) * math.exp(0.05 * number)
        study.enqueue_trial({"rate": rate, "momentum": 0.5, "units": 16, "cell": "gru"})
        one = study.ask()
        planted.drawn(one)
        for epoch in range(1, 6 if good else 4):
            one.report(rate + 1 / epoch, epoch)
        if not good:
            study.tell(one, state=TrialState.PRUNED)
    rates = [planted.drawn(study.ask())["rate"] for _ in range(8)]
    assert median(rates) < 1e-2


def test_the_first_trials_fill_the_space_evenly() -> None:
    study = optuna.create_study(sampler=TpeConfig().make(planted.start(1, 60)))
    momenta = [planted.drawn(study.ask())["momentum"] for _ in range(16)]
    assert {int(16 * one) for one in momenta} == set(range(16))


def test_one_trial_in_three_goes_on_to_fill_the_space() -> None:
    """All others go where the good ones are."""
    learning, even = (
        optuna.create_study(sampler=config.make(planted.start(1, 60)))
        for config in (TpeConfig(), QmcConfig())
    )
    for number in range(48):
        trial = learning.ask()
        params = planted.drawn(trial)
        point = planted.drawn(even.ask())
        assert (params == point) == (number < 10 or number % 3 == 2)
        learning.tell(trial, planted.loss(params))
