"""Learning rates over a training: factors that a trial's own rate is multiplied with.

A factor depends on the trial's config and the number of the training step. With `plateau` it
depends on the metric as well, and a snapshot keeps what is needed of that; so a trial that goes on
elsewhere goes on alike. The schedules are torch's (`CosineAnnealingLR`, `OneCycleLR` without cycled
momentum, `ReduceLROnPlateau`), and the warm-up is its `LinearLR` from 1 / (steps + 1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.goal import Goal
from rnnsearch.training.config import TrainingConfig

ONE_CYCLE_START = 1 / 25
"""What the rate starts at, as a share of the largest; the inverse of torch's `div_factor`."""
ONE_CYCLE_WARMUP = 0.3
"""The share of all training steps in which the rate rises; torch's `pct_start`."""
THRESHOLD = 1e-4
"""The relative improvement of the metric from which it counts as one, as in torch."""
SMALLEST_CHANGE = 1e-8
"""A learning rate that would change by no more is left as it is, as in torch."""


@dataclass(frozen=True, slots=True)
class Plateau:
    """Where the schedule `plateau` stands after some epochs.

    Attributes:
        factor: What the learning rate is multiplied with.
        best: The best value of the metric so far; None before the first epoch has ended.
        bad_epochs: Epochs without improvement since then, or since the last reduction.
    """

    factor: float = 1.0
    best: float | None = None
    bad_epochs: int = 0

    def after(self, metric: float, goal: Goal, how: TrainingConfig) -> Plateau:
        """Where it stands after one more epoch, which ended with this metric."""
        if self._improves(metric, goal):
            return Plateau(self.factor, metric, 0)
        bad_epochs = self.bad_epochs + 1
        if bad_epochs <= how.patience:
            return Plateau(self.factor, self.best, bad_epochs)
        lower = max(self.factor * how.reduce_factor, how.min_factor)
        if how.learning_rate * (self.factor - lower) <= SMALLEST_CHANGE:
            lower = self.factor
        return Plateau(lower, self.best, 0)

    def _improves(self, metric: float, goal: Goal) -> bool:
        """Whether a value of the metric is better than the best so far, by enough to count."""
        if self.best is None:
            return True
        by = goal.cost(-THRESHOLD)  # below the best by so much where less is better, else above
        return goal.better(metric, self.best * (1 + by))


def epoch_factors(
    how: TrainingConfig, first: int, count: int, plateau: Plateau
) -> NDArray[np.float64] | None:
    """The factors of the training steps of one epoch, [count]; None where all of them are one.

    They are computed for a whole epoch, so that they do not depend on the pieces in which it is
    trained.

    Args:
        first: Training steps before this epoch.
        count: Training steps of this epoch; the schedule takes it that all epochs have as many.
        plateau: Where the schedule `plateau` stood at the end of the epoch before.
    """
    total = how.max_epochs * count
    number = first + np.arange(count)
    if how.schedule == "one_cycle":
        share = ONE_CYCLE_WARMUP if how.warmup is None else how.warmup
        return _one_cycle(number, total, share, how.min_factor)
    warm = int((how.warmup or 0.0) * total)
    if how.schedule == "constant" and first >= warm:
        return None
    if how.schedule == "cosine":
        factors = _cosine(number - warm, total - warm, how.min_factor)
    else:
        factors = np.full(count, plateau.factor if how.schedule == "plateau" else 1.0)
    rising = (number + 1) / (warm + 1)
    return np.where(number < warm, rising, factors)


def _cosine(number: NDArray[Any], total: int, least: float) -> NDArray[np.float64]:
    """Half a cosine from 1 down to `least` over `total` training steps."""
    angle = np.pi * np.clip(number / total, 0, 1)
    factors: NDArray[np.float64] = least + (1 - least) * (1 + np.cos(angle)) / 2
    return factors


def _one_cycle(number: NDArray[Any], total: int, share: float, least: float) -> NDArray[np.float64]:
    """Up along half a cosine for a share of all training steps, then down to `least`."""
    top, last = share * total - 1, total - 1
    up = np.zeros(len(number)) if top <= 0 else np.clip(number / top, 0, 1)
    rising = 1 + (ONE_CYCLE_START - 1) * (1 + np.cos(np.pi * up)) / 2
    down = np.clip((number - max(top, 0)) / max(last - max(top, 0), math.ulp(1.0)), 0, 1)
    falling = least + (1 - least) * (1 + np.cos(np.pi * down)) / 2
    return np.where(number <= top, rising, falling)
