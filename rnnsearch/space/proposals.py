"""What Optuna does for a study: its sampler, and the params that a trial of it draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from optuna import Trial
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FixedTrial, FrozenTrial

from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.several import SeveralGoals
from rnnsearch.space.conditions import assigned, in_order
from rnnsearch.space.distributions import Distribution
from rnnsearch.space.goals import ended_costs
from rnnsearch.space.listing import configurations_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import stored_value
from rnnsearch.stopping.fronts import levelled
from rnnsearch.tasks.streams import derive


def suggest(spec: StudySpec, trial: Trial | FixedTrial) -> dict[str, Any]:
    """Draw the active parameters, each after those that it depends on.

    A parameter has the same distribution in every trial; whether it is drawn at all is what
    `when` decides, so TPE with `group=True` sees the conditional structure.

    Returns:
        The params under dotted keys, lists as their labels, as `trial_config` takes them.
    """
    params: dict[str, Any] = {}

    def value_of(key: str, distribution: Distribution) -> Any:
        params[key] = distribution.draw(trial, key)
        return stored_value(key, distribution, params[key])

    assigned(spec, value_of)
    return params


def make_sampler(
    spec: StudySpec,
    asked: int,
    say: Callable[[str], None] = lambda line: None,
    prior: Sequence[FrozenTrial] = (),
) -> BaseSampler:
    """Make a sampler whose proposals follow from the study's seed and history alone.

    Args:
        spec: The study.
        asked: How many trials the study already has.
        say: Called with a line that a person should read.
        prior: Trials of another study from which it learns too; see `Start.prior`.
    """

    def seed(number: int) -> int:
        # Optuna seeds numpy's RandomState, which takes 32 bits.
        return derive(spec.search.seed, "sampler", number) % 2**32

    start = Start(
        seed=seed(0),
        run_seed=seed(asked),
        space=optuna_distributions(spec),
        say=say,
        trials=spec.search.num_trials,
        conditional=frozenset(key for key, one in spec.parameters.items() if one.when),
        listing=partial(configurations_of, spec),
        prior=prior,
        goals=1 + len(spec.search.goals),
    )
    config: Any = spec.search.sampler
    if prior and not getattr(config, "learns", True):
        say(f"the sampler {config.type} learns from no trial, so search.warm_start teaches nothing")
    sampler = spec.search.sampler.make(start)
    if not spec.search.goals:
        return sampler
    costs = partial(ended_costs, spec)
    return SeveralGoals(sampler, spec.search.goal, costs, start.goals, levelled)


def optuna_distributions(spec: StudySpec) -> dict[str, BaseDistribution]:
    """Optuna's distribution of every parameter, active or not, in the order of drawing."""
    return {
        key: spec.parameters[key].distribution.for_optuna() for key in in_order(spec.parameters)
    }
