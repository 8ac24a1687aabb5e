"""Rivals of a recurrent model on made signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.linear_ar import LinearAR, best_order, persistence

Predict = Callable[[Floats], Floats]

ORDERS = (1, 2, 4, 8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Scored:
    """What the baselines read of a signal, in its own units.

    Attributes:
        windows: Of each part, [windows, time, features].
        targets: Of each part, [windows, features].
        score: Metrics of a part for predictions [windows, features] and, where the task has
            closed-loop metrics, a function from a window to the next point.
    """

    windows: Mapping[Part, Floats]
    targets: Mapping[Part, Floats]
    score: Callable[[Part, Predict], dict[str, float]]


def signal_baselines(scored: Scored) -> list[Score]:
    """The mean of the training targets, the last known point, and a linear autoregression."""
    mean = scored.targets["train"].mean(axis=0)

    def constant(windows: Floats) -> Floats:
        return np.broadcast_to(mean, (len(windows), len(mean)))

    linear = _linear(scored)
    return [
        _score(scored, "mean", constant, "always says the mean of the training part"),
        _score(scored, "persistence", persistence, "repeats the last known point"),
        _score(
            scored,
            f"AR({linear.order})",
            linear,
            f"least squares on {linear.order} lags of the training part, order by val_mse",
        ),
    ]


def _linear(scored: Scored) -> LinearAR:
    """The order is the one that is best on the part that the study selects its models on."""
    windows, targets = scored.windows["val"], scored.targets["val"]
    longest = windows.shape[1]
    orders = [order for order in ORDERS if order < longest] + [longest]
    return best_order(
        scored.windows["train"],
        scored.targets["train"],
        orders[: len(ORDERS)],
        lambda linear: float(np.mean((linear(windows) - targets) ** 2)),
    )


def _score(scored: Scored, name: str, predict: Predict, note: str) -> Score:
    return Score(name, {**scored.score("val", predict), **scored.score("test", predict)}, note)
