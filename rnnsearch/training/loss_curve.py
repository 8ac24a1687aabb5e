"""The picture of a training that every task has: its losses and its metric over its epochs."""

from __future__ import annotations

from collections.abc import Sequence

from rnnsearch.figures.curves import Axis, Curves
from rnnsearch.figures.figure import Figure
from rnnsearch.goal import Goal
from rnnsearch.tasks.base import Metric
from rnnsearch.training.weights import History

LOSS_CURVE = "loss"
"""The name of the picture."""

_ALIKE = {("mse", "mse"), ("cross_entropy", "nats")}
"""Losses of training and measures of a task that are the same mean of the same errors."""


def loss_curve(
    history: History,
    kept: int,
    loss: str,
    metrics: Sequence[Metric] = (),
    scaled: bool = False,
) -> Figure | None:
    """The picture of a training; None where nothing is known of it.

    The loss of training and the task's own loss on the validation part share an axis where they are
    measured alike; else each has its own. The study's metric has one too, where it is another.

    Args:
        kept: The epoch whose weights are the model.
        loss: What training minimized; empty where that is not known.
        metrics: Of the task, for their units.
        scaled: Whether training saw other units than those of the task's metrics.
    """
    units = {metric.name: metric.unit for metric in metrics}
    rising = {metric.name for metric in metrics if Goal(metric.goal) is Goal.MAXIMIZE}
    own, judged = history.own_loss or history.metric, history.own_losses
    if not judged and own == history.metric:
        judged = history.values
    curves = [(f"training loss ({loss})" if loss else "training loss", history.losses)]
    label = f"{own} ({units[own]})" if own in units else own
    part, _, measure = own.partition("_")
    alike = (loss, measure) in _ALIKE and not (scaled and measure == "mse")
    if alike and history.losses and judged:
        on = "validation loss" if part == "val" else "at the end of an epoch"
        both = {"training loss": history.losses, f"{on}: {own}": judged}
        axes = [Axis(units.get(own, loss), both)]
    else:
        curves.append((label, judged))
        axes = [
            Axis(name, {name: curve}, name == label and own in rising)
            for name, curve in curves
            if curve
        ]
    if own != history.metric and history.values:
        metric = history.metric
        label = f"{metric} ({units[metric]})" if metric in units else metric
        axes.append(Axis(label, {label: history.values}, metric in rising))
    if not axes:
        return None
    return Figure(Curves(axes, kept), ": the course of its training", LOSS_CURVE)
