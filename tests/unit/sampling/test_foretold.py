"""What a stopped trial would have come to."""

from __future__ import annotations

import optuna
import planted
import pytest
from optuna.trial import TrialState

from rnnsearch.sampling.foretold import Ended, foretold
from rnnsearch.sampling.seen import Seen


def test_a_stopped_trial_gains_as_those_that_went_on_did() -> None:
    complete = [
        Ended({3: 1.0, 9: 0.5}, 0.5),
        Ended({3: 1.2, 9: 0.6}, 0.6),
        Ended({3: 1.4, 9: 1.1}, 1.1),
    ]
    # The median gain is 0.5; the last one would be better than the median of those that went on.
    costs = foretold([*complete, Ended({3: 1.5}, None), Ended({3: 0.9}, None)])
    assert costs == pytest.approx([0.5, 0.6, 1.1, 1.0, 0.6])


def test_rungs_lie_behind_one_another() -> None:
    trials = [
        Ended({1: 2.0, 3: 1.0, 9: 0.2}, 0.2),
        Ended({1: 2.5, 3: 1.4}, None),
        Ended({1: 3.0}, None),
    ]
    first, second, third = foretold(trials)
    assert second == pytest.approx(0.6)
    # The gains from epoch 1 on are 1.8 and 1.9.
    assert third == pytest.approx(1.15)
    assert first == 0.2


def test_a_trial_that_diverged_is_the_worst_and_one_without_a_value_is_none() -> None:
    trials = [Ended({1: 2.0}, 2.0), Ended({1: 0.1}, None, diverged=True), Ended({}, None)]
    assert foretold(trials) == [2.0, 2.0, None]
    assert foretold([Ended({1: 0.1}, None, diverged=True)]) == [None]
    assert foretold([Ended({1: 0.7}, None)]) == [0.7]


def test_a_trial_that_breaks_a_constraint_counts_as_the_worst() -> None:
    study = optuna.create_study()
    for number in range(3):
        trial = study.ask()
        planted.drawn(trial)
        if number == 2:
            trial.set_constraint("parameters", 100.0)
            study.tell(trial, state=TrialState.PRUNED)
        else:
            study.tell(trial, float(number))
    shown = Seen(planted.SPACE).ended(study)
    assert [one.value for one in shown] == [0.0, 1.0, 1.0]
    assert all(one.constraints == {} for one in shown)


def test_a_sampler_sees_ended_trials_whole_and_complete() -> None:
    study = optuna.create_study(direction="maximize")
    for number in range(4):
        trial = study.ask()
        planted.drawn(trial)
        trial.report(0.1 * number, 1)
        if number == 1:
            trial.set_constraint("diverged", 1.0)
        if number < 3:
            study.tell(
                trial,
                *([0.9] if number == 0 else []),
                state=TrialState.COMPLETE if number == 0 else TrialState.PRUNED,
            )
    seen = Seen(planted.SPACE)
    shown = seen.ended(study)
    assert [one.state for one in shown] == [TrialState.COMPLETE] * 3
    assert [one.number for one in shown] == [0, 1, 2]
    assert all(one.params.keys() == planted.SPACE.keys() for one in shown)
    assert all(one.constraints == {} for one in shown)
    # The one that was stopped gains 0.9, but is no better than the one that went on.
    assert [one.value for one in shown] == [0.9, 0.9, 0.9]
    assert [one.number for one in seen.running(study, but=7, most=9)] == [3]
    assert study.trials[2].state == TrialState.PRUNED
    planted.drawn(study.ask())
    assert [one.number for one in seen.running(study, but=7, most=1)] == [4]
