"""Baselines on numbers: repeating the last point, and linear autoregression (AR)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from rnnsearch.tasks.arrays import Floats


@dataclass(frozen=True, slots=True)
class LinearAR:
    """A linear map from all features of the last `order` points, and a constant, by least squares.

    A window of fewer points than `order` is filled at its beginning with copies of its first one.

    Attributes:
        weights: [order * features + 1, outputs], the constant last.
    """

    order: int
    weights: Floats

    @classmethod
    def fit(cls, windows: Floats, targets: Floats, order: int) -> LinearAR:
        """Fit by least squares; of several equally good maps, the one of the least norm is taken.

        Args:
            windows: Points known before each target, [windows, time, features].
            targets: [windows, outputs].
        """
        weights = np.linalg.lstsq(_design(windows, order), targets, rcond=None)[0]
        return cls(order, np.asarray(weights, dtype=np.float64))

    @classmethod
    def fit_pieces(cls, pieces: Iterable[tuple[Floats, Floats]], order: int) -> LinearAR:
        """Fit more windows than memory holds at once, by the normal equations.

        Args:
            pieces: Pairs of windows and targets as of `fit`, at least one.
        """
        gram = right = np.zeros(())
        for windows, targets in pieces:
            design = _design(windows, order)
            gram, right = gram + design.T @ design, right + design.T @ targets
        # A whisper of ridge: lags of a smooth series are all but the same column.
        lags = np.diag_indices(len(gram) - 1)
        gram[lags] += 1e-9 * max(float(np.trace(gram)) / len(gram), 1e-300)
        return cls(order, np.asarray(np.linalg.lstsq(gram, right, rcond=None)[0], np.float64))

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
        error: Gives the error of a fitted map, on data of the caller's choice; NaN never wins.
    """
    fitted = [LinearAR.fit(windows, targets, order) for order in orders]
    errors = [error(linear) for linear in fitted]
    return fitted[int(np.argmin(np.where(np.isnan(errors), np.inf, errors)))]


def persistence(windows: Floats) -> Floats:
    """The last point of each window, [windows, features]."""
    return windows[:, -1]


def last_points(windows: Floats, count: int) -> Floats:
    """The last `count` points of windows [windows, time, features]; shorter windows are filled at
    their beginning with copies of their first point."""
    missing = max(count - windows.shape[1], 0)
    first = np.repeat(windows[:, :1], missing, axis=1)
    return np.concatenate([first, windows[:, max(windows.shape[1] - count, 0) :]], axis=1)


def _design(windows: Floats, order: int) -> Floats:
    lags = last_points(windows, order).reshape(len(windows), -1)
    return np.concatenate([lags, np.ones((len(windows), 1))], axis=1)
