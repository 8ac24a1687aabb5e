"""Rivals of a recurrent model on made signals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.custom_metrics import Measure, RivalMeasure
from rnnsearch.tasks.linear_ar import LinearAR, best_order, persistence
from rnnsearch.tasks.rollouts import Predict

Cut = Mapping[Part, tuple[Floats, Floats]]
"""Of each part, windows [windows, time, features] and targets [windows, features]."""

ORDERS = (1, 2, 4, 8, 16, 32, 64)
"""Orders of the autoregression that are tried."""


def signal_baselines(
    cut: Cut,
    score: Callable[[Part, Predict, Measure], dict[str, float]],
    custom: Sequence[str] = (),
) -> list[Score]:
    """The mean of the training targets, the last known point, and a linear autoregression.

    Args:
        cut: In the units of the signal.
        score: Gives the metrics of a part for a baseline.
        custom: The custom metrics by which they are scored too.
    """
    mean = cut["train"][1].mean(axis=0)

    def constant(windows: Floats) -> Floats:
        return np.broadcast_to(mean, (len(windows), len(mean)))

    linear = _linear(cut)
    lags = f"least squares on {linear.order} lags of the training part, order by val_mse"
    rivals: list[tuple[str, Predict, str]] = [
        ("mean", constant, "always says the mean of the training part"),
        ("persistence", persistence, "repeats the last known point"),
        (f"AR({linear.order})", linear, lags),
    ]
    scores = []
    for name, predict, note in rivals:
        measure = RivalMeasure(custom)
        metrics = {**score("val", predict, measure), **score("test", predict, measure)}
        scores.append(Score(name, metrics, measure.note(note)))
    return scores


def _linear(cut: Cut) -> LinearAR:
    """The autoregression of the order with the lowest error on the validation part.

    On that part the study selects its models too.
    """
    windows, targets = cut["val"]
    longest = windows.shape[1]
    orders = [order for order in ORDERS if order < longest] + [longest]
    return best_order(
        *cut["train"],
        orders[: len(ORDERS)],
        lambda linear: float(np.mean((linear(windows) - targets) ** 2)),
    )
