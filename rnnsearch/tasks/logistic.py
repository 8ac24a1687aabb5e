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
        """Log-probabilities [N, classes] of rows of features, in nats."""
        return _log_softmax(self.scores(features))


def fit_classes(
    features: Any, labels: Ints, classes: int, penalty: float, iterations: int
) -> Regression:
    """Fit a multinomial regression: of each row, which one class it is of.

    Minimises the summed negative log-likelihood plus penalty/2 times the squared weights; the
    biases are not penalised.

    Args:
        features: [N, features], a numpy array or a scipy sparse matrix.
        labels: The number of each row's class, [N].
        iterations: The most of L-BFGS.
    """
    count, width = features.shape
    truth = np.eye(classes)[labels]
    turned = features.T.tocsr() if hasattr(features, "tocsr") else features.T

    def cost(flat: Floats) -> tuple[float, Floats]:
        weights, biases = flat[:-classes].reshape(width, classes), flat[-classes:]
        logs = _log_softmax(np.asarray(features @ weights) + biases)
        logit_gradient = (np.exp(logs) - truth) / count
        value = -float((logs * truth).sum()) / count
        value += penalty / (2 * count) * float(np.square(weights).sum())
        gradient = np.asarray(turned @ logit_gradient) + penalty / count * weights
        return value, np.concatenate([gradient.ravel(), logit_gradient.sum(axis=0)])

    return _least(cost, width, classes, iterations)


def fit_events(features: Floats, truth: Floats, penalty: float, iterations: int) -> Regression:
    """Fit a logistic regression for each event, of which any number may happen in a row.

    Minimises as `fit_classes` does, with the biases penalised too: without that, events that always
    or never happen have no finite optimum.

    Args:
        truth: Whether each event happens, 0 or 1, [N, events].
        iterations: The most of L-BFGS.
    """
    count, events = truth.shape
    inputs = np.concatenate([features, np.ones((count, 1))], axis=1)

    def cost(flat: Floats) -> tuple[float, Floats]:
        weights = flat.reshape(-1, events)
        logits = inputs @ weights
        small = np.exp(-np.abs(logits))  # the likelihood and the probabilities are made of it
        nll = np.maximum(logits, 0) + np.log1p(small) - truth * logits
        chances = np.where(logits > 0, 1, small) / (1 + small)
        value = float(nll.sum()) + penalty / 2 * float(np.square(weights).sum())
        gradient = inputs.T @ (chances - truth) + penalty * weights
        return value / count, gradient.ravel() / count

    return _least(cost, features.shape[1], events, iterations)


def sigmoid(logits: Floats) -> Floats:
    """The probabilities of log-odds, of any shape."""
    return np.asarray(np.exp(-np.logaddexp(0, -logits)))


def softmax(logits: Floats) -> Floats:
    """Probabilities [N, classes] of the outputs of a network."""
    return np.asarray(np.exp(_log_softmax(logits)))


def _least(
    cost: Callable[[Floats], tuple[float, Floats]], width: int, outputs: int, iterations: int
) -> Regression:
    """The regression at which a cost is least.

    Args:
        cost: Gives the value and the gradient at weights [width, outputs] and biases [outputs],
            flattened into one array in that order.
    """
    from scipy.optimize import minimize

    start, options = np.zeros((width + 1) * outputs), {"maxiter": iterations}
    optimum = minimize(cost, start, jac=True, method="L-BFGS-B", options=options)
    return Regression(optimum.x[:-outputs].reshape(width, outputs), optimum.x[-outputs:])


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
