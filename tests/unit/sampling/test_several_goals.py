"""Samplers in a study of several goals: what they are shown, and that they learn from it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.sampling.several import SeveralGoals
from rnnsearch.space.load import loads
from rnnsearch.space.proposals import make_sampler, suggest
from rnnsearch.space.spec import StudySpec

SPACE = """
task: {type: sine}
model: {cell: lstm, hidden_size: {logint: [1, 64]}, dropout: {uniform: [0, 0.5]}, num_layers: 2}
training: {learning_rate: {loguniform: [1e-5, 1]}, max_epochs: 9}
search: {num_trials: 120, goals: [parameters]}
"""
RATE, SIZE = "training.learning_rate", "model.hidden_size"


def spec_of(sampler: str) -> StudySpec:
    return loads(SPACE, name="a", directory=Path(), overrides=[f"search.sampler={sampler}"])


def value_of(params: dict[str, Any]) -> float:
    """The best rate is 0.003, whatever the size; the larger, the better."""
    return (math.log10(params[RATE]) + 2.5) ** 2 + 1 / params[SIZE]


def ended_study(sampler: str, count: int) -> optuna.Study:
    """A study in which every third trial is complete, and the others were stopped."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    spec = spec_of(sampler)
    study = optuna.create_study(sampler=make_sampler(spec, 0))
    running = []
    for _ in range(count):
        trial = study.ask()
        suggest(spec, trial)
        running.append(trial)
        if len(running) == 4:
            end(study, running.pop(0))
    for trial in running:
        end(study, trial)
    return study


def end(study: optuna.Study, trial: optuna.Trial) -> None:
    value, whole = value_of(trial.params), trial.number % 3 == 0
    for epoch in range(1, 10 if whole else 4):
        trial.report(value + 1 / epoch, epoch)
    trial.set_user_attr("attributes", {"goals": {"parameters": trial.params[SIZE] ** 2.0}})
    if whole:
        study.tell(trial, value + 1 / 9)
    else:
        study.tell(trial, state=TrialState.PRUNED)


def near(study: optuna.Study) -> float:
    """Which part of the later trials has a rate near the best one."""
    late = study.trials[50:]
    return sum(abs(math.log10(one.params[RATE]) + 2.5) < 0.5 for one in late) / len(late)


@pytest.mark.parametrize("sampler", ["tpe", "nsga2", "nsga3"])
def test_it_learns_of_the_goal_and_keeps_small_and_large_ones(sampler: str) -> None:
    study = ended_study(f"{{type: {sampler}}}", 100)
    assert near(study) > 0.4  # of random ones it is a fifth
    sizes = [one.params[SIZE] for one in study.trials[50:] if abs(value_of(one.params)) < 1.3]
    assert min(sizes) <= 4 < 16 <= max(sizes)


@pytest.mark.parametrize("sampler", ["random", "qmc"])
def test_others_propose_too(sampler: str) -> None:
    study = ended_study(f"{{type: {sampler}}}", 24)
    params = {tuple(one.params.values()) for one in study.trials}
    assert len(params) == 24


def test_a_stopped_one_is_shown_with_what_it_would_have_come_to_and_its_own_other_costs() -> None:
    study = ended_study("{type: random}", 9)
    sampler = study.sampler
    assert isinstance(sampler, SeveralGoals)
    shown = sampler._ended(study.trials)
    assert [one.state for one in shown] == [TrialState.COMPLETE] * 9
    for one in shown:
        # All gain alike from epoch 3 on, so that each is foretold exactly, the worse ones too.
        foretold, size = one.values or (0.0, 0.0)
        assert foretold == pytest.approx(math.log(value_of(one.params) + 1 / 9))
        assert size == pytest.approx(math.log(one.params[SIZE] ** 2))


def test_a_diverged_one_is_the_worst_in_every_goal() -> None:
    study = ended_study("{type: random}", 9)
    trial = study.ask()
    suggest(spec_of("{type: random}"), trial)
    trial.report(-100.0, 1)
    trial.set_user_attr("attributes", {"goals": {"parameters": 1.0}})
    trial.set_constraint("diverged", 1.0)
    study.tell(trial, state=TrialState.PRUNED)
    sampler = study.sampler
    assert isinstance(sampler, SeveralGoals)
    *others, diverged = sampler._ended(study.trials)
    worst = [max(values_of(one)[goal] for one in others) for goal in (0, 1)]
    assert diverged.values == worst
    assert diverged.constraints == {}


def values_of(trial: FrozenTrial) -> list[float]:
    assert trial.values is not None
    return trial.values
