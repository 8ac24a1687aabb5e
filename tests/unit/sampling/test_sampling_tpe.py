"""The incremental TPE proposes what Optuna's own does, to the bit."""

from __future__ import annotations

import math
import random
import warnings
from pathlib import Path
from typing import Any

import optuna
import planted
import pytest
from optuna.samplers._tpe import sampler as tpe_sampler
from optuna.search_space import group_decomposed
from optuna.trial import TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling import insides, tpe
from rnnsearch.sampling.incremental import IncrementalTPE
from rnnsearch.sampling.informed import InformedSampler
from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.tpe import TpeConfig
from rnnsearch.space.load import loads
from rnnsearch.space.proposals import suggest
from rnnsearch.testing.samplers import SPACE

SEED = 5


def stock(startup: int) -> InformedSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return InformedSampler(tpe.stock(startup, SEED), [], foretold=True)


def incremental(startup: int) -> optuna.samplers.TPESampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return IncrementalTPE(startup, SEED)


def proposals(
    sampler: optuna.samplers.BaseSampler, goal: Goal, count: int, study: optuna.Study | None = None
) -> tuple[list[dict[str, Any]], optuna.Study]:
    """Params of trials that run beside one another and end in every way, in any order."""
    spec = loads(SPACE, name="contract", directory=Path())
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if study is None:
        study = optuna.create_study(direction=goal.value)
    study.sampler = sampler
    dice = random.Random(3)
    aboard: list[optuna.Trial] = []
    params = []
    for number in range(count):
        if number % 17 == 3:
            # A trial that was put back keeps its params, and is asked for again.
            study.enqueue_trial({"training.learning_rate": 0.01, "model.cell": "gru"})
        trial = study.ask()
        params.append(suggest(spec, trial))
        aboard.append(trial)
        for one in aboard[::3]:
            # To epochs at which others are stopped, and to such at which nobody is.
            train(study, one, dice.choice([1, 3, 5]), round(dice.random(), 1), dice)
        while len(aboard) > 6:
            finish(study, aboard.pop(dice.randrange(len(aboard))), dice)
    return params, study


def train(
    study: optuna.Study, trial: optuna.Trial, until: int, value: float, dice: random.Random
) -> None:
    """Report values of the epochs that a trial has none of yet."""
    first = 1 + max(study.trials[trial.number].intermediate_values, default=0)
    for epoch in range(first, until + 1):
        trial.report(math.nan if dice.random() < 0.02 else value / epoch, epoch)


def finish(study: optuna.Study, trial: optuna.Trial, dice: random.Random) -> None:
    """Values repeat, so that ties are broken too; a pruned trial may have no value at all."""
    value = round(dice.random(), 1)
    train(study, trial, dice.choice([0, 3, 3, 9]), value, dice)
    end = dice.random()
    if end < 0.3:
        study.tell(trial, value)
    elif end < 0.4:
        study.tell(trial, state=TrialState.FAIL)
    else:
        if end < 0.5:
            trial.set_constraint("diverged", 1.0)
        study.tell(trial, state=TrialState.PRUNED)


@pytest.mark.parametrize(("goal", "startup"), [(Goal.MINIMIZE, 10), (Goal.MAXIMIZE, 1)])
def test_it_proposes_what_optunas_own_does(goal: Goal, startup: int) -> None:
    ours, _ = proposals(incremental(startup), goal, 90)
    theirs, _ = proposals(stock(startup), goal, 90)

    assert ours == theirs


def test_a_new_one_goes_on_with_a_study_that_is_there() -> None:
    _, ours = proposals(stock(10), Goal.MINIMIZE, 40)
    _, theirs = proposals(stock(10), Goal.MINIMIZE, 40)

    assert (
        proposals(incremental(10), Goal.MINIMIZE, 20, ours)[0]
        == proposals(stock(10), Goal.MINIMIZE, 20, theirs)[0]
    )


def test_there_is_room_for_any_number_of_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnsearch.sampling.history.ROOM", 4)

    ours, _ = proposals(incremental(10), Goal.MINIMIZE, 40)

    assert ours == proposals(stock(10), Goal.MINIMIZE, 40)[0]


def start(said: list[str]) -> Start:
    return Start(seed=1, run_seed=SEED, space=planted.SPACE, say=said.append)


def test_the_config_makes_the_incremental_one_and_has_nothing_to_say() -> None:
    said: list[str] = []
    sampler: Any = TpeConfig(startup_trials=3).make(start(said))
    assert isinstance(sampler.inner, IncrementalTPE)
    assert (sampler.inner._n_startup_trials, said) == (3, [])
    default: Any = TpeConfig().make(start(said))
    assert default.inner._n_startup_trials == 10


def _gone(patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    patch.delattr(owner, name)


def _other(patch: pytest.MonkeyPatch, owner: Any, name: str) -> None:
    patch.setattr(owner, name, lambda self, something_else: None)


@pytest.mark.parametrize(
    ("change", "owner", "name"),
    [
        (_gone, tpe_sampler, "default_gamma"),
        (_gone, group_decomposed._SearchSpaceGroup, "add_distributions"),
        (_gone, optuna.samplers.TPESampler, "_get_params"),
        (_other, optuna.samplers.TPESampler, "_compute_acquisition_func"),
        (_other, optuna.samplers.TPESampler, "_sample_relative"),
    ],
)
def test_where_optuna_has_changed_inside_its_own_sampler_proposes_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, change: Any, owner: Any, name: str
) -> None:
    change(monkeypatch, owner, name)
    said: list[str] = []
    sampler: Any = TpeConfig(startup_trials=3).make(start(said))
    assert isinstance(sampler.inner, InformedSampler)
    (line,) = said
    assert line.startswith(f"Optuna {optuna.__version__} has no ")
    assert name in line
    assert "its own TPE proposes" in line


def test_an_attribute_that_is_gone_is_noticed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insides, "_ATTRIBUTES", ("_rng.rng", "_gone_with_6_0"))
    said: list[str] = []
    sampler: Any = TpeConfig().make(start(said))
    assert isinstance(sampler.inner, InformedSampler)
    assert "TPESampler._gone_with_6_0" in said[0]
