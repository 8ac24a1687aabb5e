"""CMA-ES over the numeric fields of a space, of which each proposal follows from the history.

Every numeric field is a dimension from 0 to 1, in which its values are uniform (logarithmic where
the file says so); a whole number has a share of it. Every so many ended trials, in the order of
their ends, are told together and move the distribution; it does not matter which of its earlier
states a trial was drawn from, since packs train more trials at once than a generation has. A field
that was not active in a trial counts as lying at the mean, so that it moves nothing. Where the
distribution has shrunk to a point it begins anew elsewhere, with twice the trials at a time.

Nothing but the ledger is kept: the states are computed from the ended trials again whenever the
next ones are complete. Fields without an order are drawn by TPE, each by itself.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from cmaes import CMA
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, TPESampler

from rnnsearch.errors import InputError
from rnnsearch.goal import Goal
from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.seen import Seen, SeenStudy
from rnnsearch.sampling.sobol import SobolSampler, value_at

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from optuna.distributions import BaseDistribution
    from optuna.study import Study
    from optuna.trial import FrozenTrial

WIDTH = 0.25
"""Standard deviation of the first distribution, of a range that is 1 wide."""


class CmaSampler(BaseSampler):
    """Draws numeric fields from a normal distribution that moves to the better trials.

    Args:
        population: Ended trials that move it once; None for 4 + 3 ln(fields), as CMA-ES has it.
    """

    def __init__(self, start: Start, population: int | None) -> None:
        several = {name: one for name, one in start.space.items() if not one.single()}
        self.numeric = {
            name: one
            for name, one in several.items()
            if isinstance(one, FloatDistribution | IntDistribution)
        }
        self.others = [name for name in several if name not in self.numeric]
        fields = max(1, len(self.numeric))
        self.population = population or 4 + math.floor(3 * math.log(fields))
        self._seen = Seen(start.space, start.prior, fill=False)
        self._sobol = SobolSampler(start.space, start.seed)
        self._seed, self._run_seed = start.seed, start.run_seed
        self._tpe = TPESampler(seed=start.run_seed)
        self._moved: tuple[int, CMA | None] = (0, None)

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return dict(self.numeric)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        if len(study.directions) > 1:
            raise InputError("the sampler cmaes has one goal. For several take nsga2 or tpe.")
        if not search_space:
            return {}
        ended = self._in_order(study)
        optimizer = self._optimizer(ended, Goal[study.direction.name])
        if optimizer is None:
            point = self._sobol.sample_relative(study, trial, search_space)
            return {name: point[name] for name in search_space}
        optimizer.reseed_rng((self._run_seed + trial.number) % 2**32)
        shares = np.clip(optimizer.ask(), 0.0, math.nextafter(1.0, 0.0))
        return {
            name: value_at(distribution, float(share))
            for (name, distribution), share in zip(search_space.items(), shares, strict=True)
        }

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        view: Any = SeenStudy(study, self._seen.ended(study))
        return self._tpe.sample_independent(view, trial, param_name, param_distribution)

    def _in_order(self, study: Study) -> list[FrozenTrial]:
        """The ended trials in the order of their ends; those of another study come first."""
        return sorted(
            self._seen.ended(study),
            key=lambda one: (
                one.number >= 0,
                0.0 if one.datetime_complete is None else one.datetime_complete.timestamp(),
                one.number,
            ),
        )

    def _optimizer(self, ended: Sequence[FrozenTrial], goal: Goal) -> CMA | None:
        """The distribution that the ended trials lead to; None before the first move."""
        whole = len(ended) // self.population
        if self._moved[0] != whole:
            self._moved = (whole, self._replayed(ended, goal))
        return self._moved[1]

    def _replayed(self, ended: Sequence[FrozenTrial], goal: Goal) -> CMA:
        restarts, at = 0, 0
        optimizer = self._new(restarts)
        while at + optimizer.population_size <= len(ended):
            told = ended[at : at + optimizer.population_size]
            at += optimizer.population_size
            optimizer.tell(
                [
                    (self._point(one.params, optimizer.mean), goal.cost(one.values[0]))
                    for one in told
                ]
            )
            if optimizer.should_stop():
                restarts += 1
                optimizer = self._new(restarts)
        return optimizer

    def _new(self, restarts: int) -> CMA:
        """The first distribution, or one around another point after so many restarts."""
        fields = len(self.numeric)
        mean = np.full(fields, 0.5)
        if restarts:
            mean = np.random.RandomState((self._seed + restarts) % 2**32).rand(fields)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return CMA(
                mean=mean,
                sigma=WIDTH,
                bounds=np.tile([0.0, 1.0], (fields, 1)),
                population_size=self.population * 2**restarts,
                seed=self._seed,
            )

    def _point(self, params: Mapping[str, Any], mean: NDArray[np.float64]) -> NDArray[np.float64]:
        shares = [
            share_of(distribution, params[name]) if name in params else own
            for (name, distribution), own in zip(self.numeric.items(), mean, strict=True)
        ]
        return np.array(shares, np.float64)


def share_of(distribution: FloatDistribution | IntDistribution, value: float) -> float:
    """Which share of a range lies below a value: `value_at` the other way round.

    Of a value that has a share of its own, as a whole number has, the middle of it.
    """
    low, high, step = distribution.low, distribution.high, distribution.step
    if distribution.log:
        half = 0.5 if isinstance(distribution, IntDistribution) else 0.0
        ends = math.log(low - half), math.log(high + half)
        return (math.log(value) - ends[0]) / (ends[1] - ends[0])
    if step is None:
        return (value - low) / (high - low)
    return (round((value - low) / step) + 0.5) / (round((high - low) / step) + 1)
