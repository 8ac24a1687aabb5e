"""What Optuna is asked for: the one module of this room that imports it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler

from rnnsearch.sampling.sampler import Start
from rnnsearch.space.conditions import in_order, is_active
from rnnsearch.space.distributions import Choice, Distribution, Float
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import label, stored_value
from rnnsearch.tasks.streams import derive


def suggest(spec: StudySpec, trial: optuna.Trial | optuna.trial.FixedTrial) -> dict[str, Any]:
    """Draw the active parameters, each after those that it depends on.

    A parameter has the same distribution in every trial; whether it is drawn at all is what
    `when` decides, so TPE with `group=True` sees the conditional structure.

    Returns:
        Params under dotted keys, lists under their labels: what `trial_config` takes.
    """
    known = dict(spec.values)
    params: dict[str, Any] = {}
    for key in in_order(spec.parameters):
        parameter = spec.parameters[key]
        if is_active(parameter, known):
            params[key] = _draw(trial, key, parameter.distribution)
            known[key] = stored_value(key, parameter.distribution, params[key])
    return params


def make_sampler(
    spec: StudySpec, asked: int, say: Callable[[str], None] = lambda line: None
) -> BaseSampler:
    """A sampler whose proposals are a function of the study's seed and history.

    Args:
        asked: Trials that the study already has.
        say: Takes a line that a person should read.
    """

    def seed(number: int) -> int:
        # Optuna seeds numpy's RandomState, which takes 32 bits.
        return derive(spec.search.seed, "sampler", number) % 2**32

    start = Start(seed=seed(0), run_seed=seed(asked), space=optuna_distributions(spec), say=say)
    return spec.search.sampler.make(start)


def optuna_distributions(spec: StudySpec) -> dict[str, BaseDistribution]:
    """Optuna's distribution of every parameter, active or not, in the order of drawing."""
    return {
        key: _distribution(spec.parameters[key].distribution) for key in in_order(spec.parameters)
    }


def _distribution(distribution: Distribution) -> BaseDistribution:
    if isinstance(distribution, Choice):
        return CategoricalDistribution([label(member) for member in distribution.members])
    kind = FloatDistribution if isinstance(distribution, Float) else IntDistribution
    return kind(**asdict(distribution))


def _draw(
    trial: optuna.Trial | optuna.trial.FixedTrial, key: str, distribution: Distribution
) -> Any:
    if isinstance(distribution, Choice):
        return trial.suggest_categorical(key, [label(member) for member in distribution.members])
    number = trial.suggest_float if isinstance(distribution, Float) else trial.suggest_int
    return number(key, **asdict(distribution))
