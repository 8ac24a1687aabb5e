"""Multinomial logistic regression with a squared penalty, on dense or sparse features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


MOST_ITERATIONS = 100


@dataclass(frozen=True, slots=True)
class Regression:
    """Weights [features, classes] and biases [classes]."""

    weights: Floats
    biases: Floats

    def logs(self, features: Any) -> Floats:
        """Log-probabilities [N, classes] of rows of features."""
        return _log_softmax(np.asarray(features @ self.weights) + self.biases)


def fit(features: Any, labels: NDArray[np.int64], classes: int, penalty: float) -> Regression:
    """Minimise the summed negative log-likelihood plus penalty/2 times the squared weights.

    By L-BFGS from zero, `MOST_ITERATIONS` at most; the biases are free.

    Args:
        features: [N, features], a numpy array or a scipy sparse matrix.
    """
    from scipy.optimize import minimize

    count, width = features.shape
    truth = np.eye(classes)[labels]
    turned = features.T.tocsr() if hasattr(features, "tocsr") else features.T

    def cost(flat: Floats) -> tuple[float, Floats]:
        weights, biases = flat[:-classes].reshape(width, classes), flat[-classes:]
        logs = _log_softmax(np.asarray(features @ weights) + biases)
        slopes = (np.exp(logs) - truth) / count
        value = -float((logs * truth).sum()) / count
        value += penalty / (2 * count) * float(np.square(weights).sum())
        gradient = np.asarray(turned @ slopes) + penalty / count * weights
        return value, np.concatenate([gradient.ravel(), slopes.sum(axis=0)])

    start = np.zeros((width + 1) * classes)
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options={"maxiter": MOST_ITERATIONS})
    return Regression(found.x[:-classes].reshape(width, classes), found.x[-classes:])


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
