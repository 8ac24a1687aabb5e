"""The picture of a training that every task has: its losses and its metric over its epochs."""

from __future__ import annotations

from collections.abc import Sequence

from rnnsearch.figures.curves import Axis, Curves
from rnnsearch.figures.figure import Figure
from rnnsearch.tasks.base import Metric
from rnnsearch.training.weights import History

LOSS_CURVE = "loss"
"""The name of the picture."""


def loss_curve(history: History, kept: int, metrics: Sequence[Metric] = ()) -> Figure | None:
    """The picture of a training; None where nothing is known of it.

    Args:
        kept: The epoch whose weights are the model.
        metrics: Of the task, for their units.
    """
    units = {metric.name: metric.unit for metric in metrics}
    axes = [
        Axis(f"{name} ({units[name]})" if name in units else name, {name: curve})
        for name, curve in history.curves().items()
    ]
    if not axes:
        return None
    return Figure(Curves(axes, kept), ": the course of its training", LOSS_CURVE)
