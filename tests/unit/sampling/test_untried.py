"""TPE proposes nothing twice where a space has few configurations."""

from __future__ import annotations

from typing import Any

import optuna
import planted
import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from rnnsearch.sampling.even import EvenTrials
from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.tpe import TpeConfig
from rnnsearch.sampling.untried import UntriedSampler

STEPS: dict[str, BaseDistribution] = {
    "cell": CategoricalDistribution(["rnn", "lstm"]),
    "units": IntDistribution(1, 6),
    "dropout": FloatDistribution(0, 0.4, step=0.1),
}
"""36 configurations: `dropout` is active with the cell `lstm` alone."""
Values = tuple[tuple[str, Any], ...]


def start(seed: int, space: dict[str, BaseDistribution] = STEPS) -> Start:
    return Start(seed=seed, run_seed=seed + 1000, space=space, conditional=frozenset({"dropout"}))


def drawn(trial: optuna.Trial) -> dict[str, Any]:
    params = {name: trial._suggest(name, STEPS[name]) for name in ("cell", "units")}
    if params["cell"] == "lstm":
        params["dropout"] = trial._suggest("dropout", STEPS["dropout"])
    return params


def run(study: optuna.Study, count: int, seed: int = 1) -> list[Values]:
    """Configurations of trials that are the better the larger, complete, fail or go on."""
    study.sampler = TpeConfig(startup_trials=4).make(start(seed))
    tried = []
    for _ in range(count):
        trial = study.ask()
        params = drawn(trial)
        tried.append(tuple(sorted(params.items())))
        if trial.number % 7 == 3:
            study.tell(trial, state=TrialState.FAIL)
        elif trial.number % 7 != 5:
            study.tell(trial, -params["units"] - params.get("dropout", 0.0))
    return tried


@pytest.mark.parametrize("one", [CategoricalDistribution(["adam"]), IntDistribution(3, 3)])
def test_a_field_that_has_one_value_alone_makes_no_configuration_another(
    one: BaseDistribution,
) -> None:
    space = {"units": IntDistribution(1, 6), "layers": IntDistribution(1, 4), "other": one}
    study = optuna.create_study(sampler=TpeConfig(startup_trials=4).make(start(1, space)))
    for _ in range(20):
        trial = study.ask()
        study.tell(trial, -sum(trial._suggest(name, space[name]) == 6 for name in space))
    assert len({tuple(one.params.items()) for one in study.trials}) == 20


@pytest.mark.parametrize("seed", [1, 2])
def test_no_configuration_is_proposed_twice(seed: int) -> None:
    tried = run(optuna.create_study(), 30, seed)
    assert len(set(tried)) == 30


def test_a_second_run_knows_what_the_first_has_tried() -> None:
    study = optuna.create_study()
    tried = [*run(study, 15), *run(study, 15, seed=2)]
    assert len(set(tried)) == 30


def test_equal_seeds_and_histories_propose_equally() -> None:
    assert run(optuna.create_study(), 30) == run(optuna.create_study(), 30)


def test_where_all_were_tried_they_come_again() -> None:
    tried = run(optuna.create_study(), 44)
    assert len(set(tried)) == 36


def test_first_trials_and_those_that_wait_are_not_proposed_again() -> None:
    study = optuna.create_study()
    study.sampler = TpeConfig(startup_trials=4).make(start(1))
    first = [{"cell": "rnn", "units": units} for units in range(1, 7)]
    for params in first:
        study.enqueue_trial(params)
    proposed = [drawn(study.ask()) for _ in range(25)]
    assert proposed[:6] == first
    assert not any(one in first for one in proposed[6:])


@pytest.mark.parametrize(
    ("space", "kind"),
    [
        (planted.SPACE, EvenTrials),
        (STEPS, UntriedSampler),
        # Not active in all trials, and a range of one value.
        (STEPS | {"dropout": FloatDistribution(0, 0.4)}, UntriedSampler),
        (STEPS | {"rate": FloatDistribution(0.1, 0.1)}, UntriedSampler),
        (STEPS | {"rate": FloatDistribution(0.1, 0.2)}, EvenTrials),
    ],
)
def test_it_is_asked_again_where_a_configuration_can_come_again(
    space: dict[str, BaseDistribution], kind: type
) -> None:
    assert type(TpeConfig().make(start(1, space))) is kind
