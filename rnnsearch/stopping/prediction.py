"""How good a training will be at its end, from its curve so far, with the uncertainty of that.

A family of curves that level off, in the spirit of Domhan et al., "Speeding up Automatic
Hyperparameter Optimization by Extrapolation of Learning Curves" (2015): power laws, exponentials,
a logarithm and a straight line, each `c + a * shape(epoch)` with `a` and `c` by weighted least
squares, so that all of them are fitted at once and without an iteration. They are averaged by how
well they fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

FEWEST = 4
"""Values that a curve must have to be continued."""
_POWERS = (0.25, 0.5, 1.0, 2.0)
_RATES = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 16.0)
_SHIFTS = (0.0, 2.0, 5.0)
_RIDGE = 0.002
"""Part of the shape's own spread that holds its slope down where a curve says little."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A normal distribution of the best cost by the last epoch, where no more than `so_far` counts.

    Attributes:
        mean: In the units of the costs, or of their logarithms.
        spread: The standard deviation, above 0.
        so_far: The best cost so far, in the same units; the end is no worse.
    """

    mean: float
    spread: float
    so_far: float


def predicted(costs: Mapping[int, float], last: int) -> Prediction | None:
    """Continue a curve of costs, the lower the better, to the last epoch.

    It is the best cost so far that is continued: it is what counts of a trial, and it is smooth
    where the costs oscillate.

    Args:
        costs: By epoch, finite; of more than a third of the largest float nothing is predicted.

    Returns:
        None where there are too few values, or too large ones.
    """
    if len(costs) < FEWEST:
        return None
    epochs = np.array(sorted(costs))
    best = np.minimum.accumulate(np.array([costs[epoch] for epoch in epochs], dtype=float))
    if not np.abs(best).max() < 1e150:
        return None
    weights = epochs / epochs.sum() * len(epochs)  # what was last says most of what comes
    shapes = _shapes(last)
    inside, ahead = shapes[:, epochs - 1], shapes[:, -1]
    middle = (inside * weights).mean(axis=1)
    level = float((best * weights).mean())
    apart, heights = inside - middle[:, None], best - level
    spreads = (weights * apart**2).sum(axis=1) * (1 + _RIDGE) + 1e-12
    slopes = (weights * apart * heights).sum(axis=1) / spreads
    misses = (weights * (heights - slopes[:, None] * apart) ** 2).sum(axis=1)
    # An exact fit of a few numbers is no certainty.
    floor = (1e-3 * float(np.ptp(best)) + 1e-9 * abs(level) + 1e-140) ** 2
    count = len(epochs)
    noise = misses / (count - 2) + floor
    means = level + slopes * (ahead - middle)
    variances = noise * (1 + 1 / count + (ahead - middle) ** 2 / spreads)
    # Neighbouring values of a best so far are one observation rather than two.
    fit = -count / 4 * np.log(noise)
    shares = np.exp(fit - fit.max())
    shares /= shares.sum()
    mean = float(shares @ means)
    variance = float(shares @ (variances + (means - mean) ** 2))
    return Prediction(mean, max(variance, floor) ** 0.5, float(best[-1]))


@lru_cache(maxsize=8)
def _shapes(last: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """The shapes at all epochs, [shape, epoch], all falling but the last, which is level."""
    epochs = np.arange(1, last + 1, dtype=float)
    rows = [
        *((epochs + shift) ** -power for power in _POWERS for shift in _SHIFTS),
        *(np.exp(-rate * epochs / last) for rate in _RATES),
        -np.log(epochs),
        -epochs / last,
        np.zeros_like(epochs),
    ]
    return np.stack(rows)
