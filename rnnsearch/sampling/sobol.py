"""The points of a Sobol sequence as configurations.

The sequence is scipy's, scrambled (Owen, 1998) by the study's seed. The point of a trial follows
from its number alone, so a study that goes on goes on with the next one, whatever was put back or
lost. Every parameter has a dimension of its own, a choice too; a trial takes those that are active
in it. Optuna's own `QMCSampler` keeps its place in the study instead, and takes the parameters of
the first trial that ended for the whole space: it draws all trials before that, and others'
parameters under a `when`, at random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from scipy.stats.qmc import Sobol

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

AT_A_TIME = 64
"""Points that are drawn together: a power of two, over which a Sobol sequence is balanced."""


class SobolSampler(BaseSampler):
    """Gives each trial the point of the sequence that has its number.

    Args:
        space: The distribution of every parameter that a trial may have, by its name.
        seed: Seed of the scrambling.
    """

    def __init__(self, space: Mapping[str, BaseDistribution], seed: int) -> None:
        self._space = dict(space)
        self._sequence = Sobol(max(1, len(space)), seed=seed)
        self._points: list[Any] = []

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._space

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        while len(self._points) <= trial.number:
            self._points.extend(self._sequence.random(AT_A_TIME))
        point = self._points[trial.number]
        return {
            name: value_at(distribution, float(share))
            for (name, distribution), share in zip(self._space.items(), point, strict=False)
        }

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        raise LookupError(f"{param_name} is no parameter of the study")


def value_at(distribution: BaseDistribution, share: float) -> Any:
    """The value below which a share of a distribution lies.

    Args:
        share: From 0 to below 1.
    """
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[int(share * len(distribution.choices))]
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high, step = distribution.low, distribution.high, distribution.step
    if distribution.log:
        # Each whole number gets the share of the logarithm of all that is rounded to it.
        half = 0.5 if isinstance(distribution, IntDistribution) else 0.0
        ends = math.log(low - half), math.log(high + half)
        value = math.exp(ends[0] + share * (ends[1] - ends[0]))
        value = round(value) if half else value
    elif step is None:
        value = low + share * (high - low)
    else:
        value = low + step * int(share * (round((high - low) / step) + 1))
    return min(max(value, low), high)
