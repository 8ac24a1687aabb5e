"""What several seeds tell of finalists: how much of their spread is luck, and who can still win."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

CONFIDENCE = 0.9
"""A bound of a mean is passed by the true one with a probability of a tenth."""


@dataclass(frozen=True, slots=True)
class SeedNoise:
    """The spread among finalists, and the part of it that another seed makes.

    Attributes:
        share: The variance between seeds of one configuration, as a part of all: that, and the
            variance between the configurations.
        spread: The standard deviation between seeds, in units of the metric.
        finalists: How many finalists this was seen on, each with several seeds that did not
            diverge.
    """

    share: float
    spread: float
    finalists: int

    @property
    def meaning(self) -> str:
        """What follows for the choice among the finalists."""
        if self.share > 0.5:
            return "their order is mostly the luck of the seed"
        return "their order is mostly their own"


def seed_noise(values: Sequence[Sequence[float]]) -> SeedNoise | None:
    """How much of the spread among finalists is seed noise.

    The variances are those of a one-way analysis with random effects.

    Args:
        values: The study's metric of each finalist's trainings.

    Returns:
        None with fewer than two finalists that have two finite values each.
    """
    several = _several(values)
    if len(several) < 2:
        return None
    within = pooled_variance(several)
    count = fmean(len(each) for each in several)
    between = max(0.0, variance(fmean(each) for each in several) - within / count)
    whole = within + between
    return SeedNoise(within / whole if whole else 0.0, math.sqrt(within), len(several))


def pooled_variance(values: Sequence[Sequence[float]]) -> float:
    """The variance between seeds, as if it were one for all; 0 where nobody has two finite values.

    Few seeds say little of one finalist's own variance, and something of all of theirs.
    """
    several = _several(values)
    squares = math.fsum(variance(each) * (len(each) - 1) for each in several)
    return squares / max(1, _freedom(several))


def out_of_the_race(costs: Mapping[int, Sequence[float]]) -> set[int]:
    """The finalists that can hardly win any more.

    The lower bound of such a one's mean cost lies above the upper bound of the best one's, by the
    pooled variance between seeds.

    Args:
        costs: Of each finalist's trainings, the lower the better; infinite of one that diverged.
    """
    several = _several(list(costs.values()))
    freedom = _freedom(several)
    known = {number: each for number, each in costs.items() if len(each) > 1}
    if not freedom or len(known) < 2:
        return set()
    spread = math.sqrt(pooled_variance(several))
    half = {number: half_width(spread, len(each), freedom) for number, each in known.items()}
    means = {number: math.fsum(each) / len(each) for number, each in known.items()}
    needed = min(means[number] + half[number] for number in known)
    return {number for number in known if means[number] - half[number] > needed}


def half_width(spread: float, count: int, freedom: int) -> float:
    """From a mean of `count` values to its bound, by Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, CONFIDENCE)) * spread / math.sqrt(count)


def _several(values: Sequence[Sequence[float]]) -> list[list[float]]:
    finite = [[value for value in each if math.isfinite(value)] for each in values]
    return [each for each in finite if len(each) > 1]


def _freedom(several: Sequence[Sequence[float]]) -> int:
    return sum(len(each) - 1 for each in several)
