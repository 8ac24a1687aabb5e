"""Closed loops: what tasks share whose outputs are the next inputs, so that a model can go on.

A rollout feeds some true points and then each prediction as if it were the next point. Errors
compound with the number of steps, so they are reported by horizon, each over the steps 1 to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np

from rnnsearch.tasks.answers import Answers
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Metric, Part
from rnnsearch.tasks.custom_metrics import Measure, custom_metrics, measured
from rnnsearch.vocabulary import Members, Range

if TYPE_CHECKING:
    from torch import Tensor

Horizons = Annotated[
    tuple[int, ...],
    "Horizons whose RMSE is reported, each over steps 1 to the horizon.",
    Range(1, 1_000_000, unit="points"),
    Members(1),
]
"""The type of a config's field for the horizons."""

Predict = Callable[[Floats], Floats]
"""From windows of known points [windows, time, features] to the next point of each,
[windows, features]."""


def horizon_problems(steps: Sequence[int]) -> list[tuple[str, str]]:
    """What is wrong with the horizons of a task, for the task's `problems`."""
    twice = len(set(steps)) != len(steps)
    return [("rollout.steps", "names a horizon twice.")] if twice else []


def rollout_metrics(steps: Sequence[int], unit: str, fed: int) -> list[Metric]:
    """A metric for each horizon, of the validation part.

    Args:
        unit: Of the points.
        fed: How many true points the model reads before its first prediction.
    """
    points = f"{fed} true point{'s' if fed > 1 else ''}"
    return [
        Metric(
            f"val_rollout_rmse_{horizon}",
            unit,
            "minimize",
            f"RMSE over steps 1 to {horizon} on its own predictions, after {points}",
        )
        for horizon in steps
    ]


def custom_rollout_metrics(
    paths: Sequence[str], own: Sequence[Metric], steps: Sequence[int]
) -> list[Metric]:
    """The metrics of the longest closed loop that some functions are.

    Args:
        own: The task's own metrics.
    """
    over = f"over steps 1 to {max(steps)} on its own predictions"
    return list(custom_metrics(paths, own, over))


def rollout_measured(
    paths: Sequence[str], part: Part, closed: Tensor, truth: Tensor, suffix: str = ""
) -> dict[str, Tensor]:
    """What some functions say of the closed loops of K networks, float64 [K].

    They are given outputs and targets of the shape [waves, steps, features].

    Args:
        closed: Predictions in the data's units, [K, steps, waves, features].
        truth: The true points, [steps, waves, features].
        suffix: What the names end in.
    """
    return measured(paths, part, closed.transpose(1, 2), truth.transpose(0, 1), suffix)


def baseline_measured(
    measure: Measure, part: Part, closed: Floats, truth: Floats, suffix: str = ""
) -> dict[str, float]:
    """The same of a baseline; arguments [steps, waves, features]."""
    figures = measure(Answers(closed.swapaxes(0, 1), truth.swapaxes(0, 1)))
    return {f"{part}_{name}{suffix}": value for name, value in figures.items()}


def rollout_rmse(
    part: Part, squares: Tensor, horizons: Sequence[int], suffix: str = ""
) -> dict[str, Tensor]:
    """The RMSE of each horizon for K networks, float64 [K], under the names of the metrics.

    Args:
        squares: Squared errors of the closed loop [K, time steps, ...].
        suffix: What the names end in.
    """
    from rnnsearch.tasks.sums import row_sums

    metrics = {}
    for horizon in horizons:
        mean = row_sums(squares[:, :horizon]) / squares[0, :horizon].numel()
        metrics[f"{part}_rollout_rmse_{horizon}{suffix}"] = mean.sqrt()
    return metrics


def baseline_rmse(
    part: Part, errors: Floats, horizons: Sequence[int], suffix: str = ""
) -> dict[str, float]:
    """The same RMSE of a baseline, from the errors of its closed loop [time steps, ...]."""
    with np.errstate(over="ignore", invalid="ignore"):  # an unstable baseline may run away
        return {
            f"{part}_rollout_rmse_{horizon}{suffix}": float(np.sqrt(np.mean(errors[:horizon] ** 2)))
            for horizon in horizons
        }


def baseline_rollout(
    predict: Predict, known: Floats, steps: int, most: int, limit: float = np.inf
) -> Floats:
    """Let a baseline go on from its own predictions.

    Args:
        known: True points [windows, time, features].
        most: How many of the last points `predict` reads.
        limit: Predictions are cut off beyond it and its negative.

    Returns:
        Predictions [steps, windows, features], the first one point after `known`.
    """
    predictions = []
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(steps):
            predictions.append(np.clip(predict(known), -limit, limit))
            known = np.concatenate([known, predictions[-1][:, None]], axis=1)[:, -most:]
    return np.stack(predictions)
