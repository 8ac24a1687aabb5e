"""Logistic regressions with a squared penalty: of one class among several, or of many events.

Both are fitted by L-BFGS from zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Regression:
    """Weights [features, outputs] and biases [outputs]."""

    weights: Floats
    biases: Floats

    def scores(self, features: Any) -> Floats:
        """Log-odds [N, outputs] of rows of features; of classes up to a constant of each row."""
        return np.asarray(features @ self.weights) + self.biases

    def logs(self, features: Any) -> Floats:
        """Log-probabilities [N, classes] of rows of features."""
        return _log_softmax(self.scores(features))


def fit_classes(
    features: Any, labels: Ints, classes: int, penalty: float, iterations: int
) -> Regression:
    """One class a row: minimise the summed negative log-likelihood plus penalty/2 times the squared
    weights; the biases are free.

    Args:
        features: [N, features], a numpy array or a scipy sparse matrix.
        iterations: At most.
    """
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

    return _least(cost, width, classes, iterations)


def fit_events(features: Floats, truth: Floats, penalty: float, iterations: int) -> Regression:
    """Any number of events a row: the same, each event by itself, with penalised biases.

    Events that always or never happen have no finite optimum but for the penalty.

    Args:
        truth: Of 0 and 1, [N, events].
        iterations: At most.
    """
    count, events = truth.shape
    inputs = np.concatenate([features, np.ones((count, 1))], axis=1)

    def cost(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, events)
        logits = inputs @ weights
        small = np.exp(-np.abs(logits))  # both the likelihood and the chances are made of it
        nll = np.maximum(logits, 0) + np.log1p(small) - truth * logits
        chances = np.where(logits > 0, 1, small) / (1 + small)
        value = float(nll.sum()) + penalty / 2 * float(np.square(weights).sum())
        slopes = inputs.T @ (chances - truth) + penalty * weights
        return value / count, slopes.ravel() / count

    return _least(cost, features.shape[1], events, iterations)


def _least(
    cost: Callable[[Floats], tuple[float, Floats]], width: int, outputs: int, iterations: int
) -> Regression:
    """Where a cost is least; it takes weights and then biases, flat, and gives its slopes too."""
    from scipy.optimize import minimize

    start, options = np.zeros((width + 1) * outputs), {"maxiter": iterations}
    found = minimize(cost, start, jac=True, method="L-BFGS-B", options=options)
    return Regression(found.x[:-outputs].reshape(width, outputs), found.x[-outputs:])


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
