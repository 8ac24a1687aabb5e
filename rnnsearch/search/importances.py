"""How much each parameter mattered, with intervals: PED-ANOVA over all trials, stopped ones too.

Watanabe et al., "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary
Subspaces" (IJCAI 2023), in the form of `optuna.importance.PedAnovaImportanceEvaluator` (5.0), with
the same grid, kernels and weights; a test holds the two against each other. It measures how far the
distribution of a parameter in the best trials is from that in all trials, as Pearson's divergence
of two kernel density estimates. A parameter under a `when` is measured among the trials that had
it, weighted by how many of the best ones had it.

Optuna's own function takes trials; here counts on its grid are enough, so that a hundred resamples
of 5,000 trials take about a second and not half a minute. Two things are added:

- What chance gives is taken off. A divergence is never negative, so that of a parameter without any
  effect is above 0: as large as that of as many trials picked at random, which is drawn and
  subtracted.
- Intervals are of 100 bootstrap resamples of the trials. Resampling adds noise, which again makes
  divergences larger; the resamples are shifted by how much their mean is above the estimate.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

BEST_SHARE = 0.1
"""The share of the trials that counts as the best."""
BEST_FEWEST = 5
"""The best are at least so many, as Optuna's documentation advises."""
RESAMPLES = 100
INTERVAL = (0.05, 0.95)
"""The ends of an interval among the resamples."""
STEPS = 50
"""The points of a numeric parameter's grid."""
FEWEST_THAT_HAD = 2
"""A parameter that fewer trials had is not measured."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Importance:
    """One parameter's share, from 0 to 1, with the ends of its interval.

    Attributes:
        trials: How many of the trials had the parameter.
    """

    param: str
    importance: float
    low: float
    high: float
    trials: int


def importances(
    params: Sequence[Mapping[str, Any]],
    places: Sequence[float],
    distributions: Mapping[str, BaseDistribution],
) -> list[Importance]:
    """The importances of all parameters, the most important first; they sum to 1.

    Args:
        params: The parameters of each trial, as Optuna stores them.
        places: The place of each trial, the best the lowest; equal ones share one.
        distributions: Of all parameters.

    Returns:
        Nothing where no parameter parts the best trials from all of them more than chance does.
    """
    draw = np.random.default_rng(0)
    total = len(places)
    best = best_count(total)
    order = np.argsort(np.asarray(places), kind="stable")
    ranked = np.asarray(places, dtype=np.float64)[order]
    weights = np.ones((1 + RESAMPLES, total))
    weights[1:] = draw.multinomial(total, np.full(total, 1 / total), RESAMPLES)
    top = _best(weights, ranked, best)
    chance = np.zeros((RESAMPLES, total))
    size = max(1, int(top[0].sum()))
    for row in chance:
        row[draw.permutation(total)[:size]] = 1
    names, excess, had = [], [], []
    for name, distribution in distributions.items():
        cells, grid = cells_of([params[at].get(name) for at in order], distribution)
        known = cells >= 0
        if distribution.single() or known.sum() < FEWEST_THAT_HAD:
            continue
        one_hot = np.zeros((total, grid))
        one_hot[np.flatnonzero(known), cells[known]] = 1
        categorical = isinstance(distribution, CategoricalDistribution)
        density = Grid(grid, categorical)
        measured = density.divergences(top @ one_hot, weights @ one_hot, top, weights)
        once = np.broadcast_to(one_hot.sum(axis=0), (RESAMPLES, grid))
        luck = density.divergences(chance @ one_hot, once, chance, weights[:1])
        names.append(name)
        had.append(int(known.sum()))
        shifted = measured - max(0.0, float(measured[1:].mean() - measured[0]))
        shifted[0] = measured[0]
        excess.append(np.maximum(0.0, shifted - luck.mean()))
    if not names:
        return []
    amounts = np.array(excess)
    sums = amounts.sum(axis=0)
    if sums[0] <= 0:
        return []
    shares = amounts / np.where(sums > 0, sums, 1.0)
    low, high = np.quantile(shares[:, 1:], INTERVAL, axis=1)
    rows = [
        Importance(
            name,
            float(shares[at, 0]),
            float(min(low[at], shares[at, 0])),
            float(max(high[at], shares[at, 0])),
            had[at],
        )
        for at, name in enumerate(names)
    ]
    return sorted(rows, key=lambda row: -row.importance)


def best_count(total: int) -> int:
    """How many of so many trials count as the best."""
    return min(total, max(BEST_FEWEST, math.ceil(BEST_SHARE * total)))


def _best(weights: Floats, ranked: Floats, best: int) -> Floats:
    """How often each trial is among the best of each resample; those that share the last place
    among them all count.

    Args:
        weights: How often each trial was drawn, (resamples, trials), the best trials first.
        ranked: Their places.
    """
    top = np.zeros_like(weights)
    for row, drawn in zip(top, weights, strict=True):
        last = int(np.searchsorted(np.cumsum(drawn), best))
        among = ranked <= ranked[min(last, len(ranked) - 1)]
        row[among] = drawn[among]
    return top


def cells_of(
    values: Sequence[Any], distribution: BaseDistribution
) -> tuple[NDArray[np.int64], int]:
    """The cell of the grid in which each value lies, -1 where there is none, and the cells' number.

    Numbers lie on a grid of `STEPS` points at most, in the logarithm where that is their scale.
    """
    known = np.array([value is not None for value in values])
    cells = np.full(len(values), -1)
    if isinstance(distribution, CategoricalDistribution):
        for at, value in enumerate(values):
            if value is not None:
                cells[at] = int(distribution.to_internal_repr(value))
        return cells, len(distribution.choices)
    assert isinstance(distribution, FloatDistribution | IntDistribution)
    low, high, steps = float(distribution.low), float(distribution.high), STEPS
    if isinstance(distribution, IntDistribution) and distribution.log:
        steps = min(math.ceil(math.log2(high - low + 1)) + 1, STEPS)
    elif distribution.step is not None:
        steps = min(round((high - low) / distribution.step) + 1, STEPS)
    numbers = np.array([float(value) for value in values if value is not None])
    if distribution.log:
        low, high, numbers = math.log(low), math.log(high), np.log(numbers)
    width = (high - low) / max(1, steps - 1) or 1.0
    cells[known] = np.clip(np.ceil((numbers - low) / width - 0.5), 0, steps - 1).astype(int)
    return cells, steps


class Grid:
    """Densities of one parameter on its grid, from counts in the cells."""

    def __init__(self, grid: int, categorical: bool) -> None:
        self._grid = grid
        self._categorical = categorical
        self._prior = np.full(grid, 1.0 / grid)
        if not categorical:
            wide = _normal(np.arange(grid) - (grid - 1) / 2, float(grid))
            self._prior = wide / wide.sum()

    def divergences(
        self, top: Floats, every: Floats, top_weights: Floats, weights: Floats
    ) -> Floats:
        """Pearson's divergence of the best from all, for each resample.

        Args:
            top, every: Counts in the cells, (resamples, grid).
            top_weights, weights: How often each trial counts, whether it had the parameter or not,
                (resamples, trials) or (1, trials).
        """
        shares = (top.sum(1) / top_weights.sum(1)) ** 2
        shares /= np.maximum(every.sum(1) / weights.sum(1), 1e-300)
        values = np.zeros(len(top))
        kept: dict[bytes, Floats] = {}
        for at in range(len(top)):
            if top[at].sum() == 0:
                continue
            key = every[at].tobytes()
            if key not in kept:
                kept[key] = self._density(every[at]) + 1e-12
            ratio = (self._density(top[at]) + 1e-12) / kept[key] - 1
            values[at] = shares[at] * float(kept[key] @ ratio**2)
        return values

    def _density(self, counts: Floats) -> Floats:
        """A mixture of a kernel on each cell that holds trials, and of a prior of weight 1.

        The width of the kernels is by Scott's rule.
        """
        seen = np.flatnonzero(counts)
        many, total = counts[seen], float(counts.sum())
        if self._categorical:
            kernels = len(seen) + 1
            smooth = (1.0 / kernels) / (1.0 + self._grid / kernels)
            density = np.full(self._grid, smooth * total)
            density[seen] += many / (1.0 + self._grid / kernels)
            return np.asarray((density + self._prior) / (total + 1))
        mean = float(seen @ many) / total
        spread = math.sqrt(float((seen - mean) ** 2 @ many) / max(1.0, total - 1))
        up_to = np.cumsum(many)
        first = int(np.searchsorted(up_to, total // 4, side="left"))
        third = int(np.searchsorted(up_to, total * 3 // 4, side="right"))
        middle = float(seen[min(len(seen) - 1, third)] - seen[first])
        sigma = max(1.059 * min(middle / 1.34, spread) * total**-0.2, 0.5 / 1.64)
        table = _normal(np.arange(1 - self._grid, self._grid), sigma)
        # kernels[i, x]: how much of the kernel on cell seen[i] lies in cell x
        kernels_at = np.arange(self._grid)[None, :] - seen[:, None] + self._grid - 1
        masses = table[kernels_at]
        masses /= masses.sum(axis=1, keepdims=True)
        density = many @ masses + self._prior
        return np.asarray(density / (total + 1))


def _normal(centres: NDArray[Any], sigma: float) -> Floats:
    """How much of a normal distribution around 0 lies within half a step of each centre."""
    ends = [math.erf((float(at) + 0.5) / (sigma * math.sqrt(2))) for at in centres]
    starts = [math.erf((float(at) - 0.5) / (sigma * math.sqrt(2))) for at in centres]
    return np.maximum(np.subtract(ends, starts) / 2, 1e-300)
