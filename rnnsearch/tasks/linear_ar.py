"""Rivals of a recurrent model on numbers: repeat the last point, and linear autoregression."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LinearAR:
    """A least-squares map from the last `order` points, all their features, and a constant.

    Attributes:
        weights: [order * features + 1, outputs], the constant last.
    """

    order: int
    weights: Floats

    @classmethod
    def fit(cls, windows: Floats, targets: Floats, order: int) -> LinearAR:
        """Fit by least squares; of several equally good maps the one with the least norm.

        Args:
            windows: Points known before each target, [windows, time, features], time >= order.
            targets: [windows, outputs].
        """
        weights = np.linalg.lstsq(_design(windows, order), targets, rcond=None)[0]
        return cls(order, np.asarray(weights, dtype=np.float64))

    def __call__(self, windows: Floats) -> Floats:
        """Predictions [windows, outputs] from windows [windows, time, features]."""
        return np.asarray(_design(windows, self.order) @ self.weights)


def best_order(
    windows: Floats,
    targets: Floats,
    orders: Iterable[int],
    error: Callable[[LinearAR], float],
) -> LinearAR:
    """The map of the lowest error among several orders, each fitted on the same windows.

    Args:
        error: Of a fitted map, on data of the caller's choice; NaN never wins.
    """
    fitted = [LinearAR.fit(windows, targets, order) for order in orders]
    errors = [error(linear) for linear in fitted]
    return fitted[int(np.argmin(np.where(np.isnan(errors), np.inf, errors)))]


def persistence(windows: Floats) -> Floats:
    """The last point of each window, [windows, features]."""
    return windows[:, -1]


def _design(windows: Floats, order: int) -> Floats:
    lags = windows[:, windows.shape[1] - order :].reshape(len(windows), -1)
    return np.concatenate([lags, np.ones((len(windows), 1))], axis=1)
