"""Metrics that a person brought, beside the task's: functions of all answers of a part."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from rnnsearch.custom_code import calling, find_object
from rnnsearch.errors import DataError, InputError
from rnnsearch.goal import Goal
from rnnsearch.tasks.base import Metric, Part, TaskData
from rnnsearch.vocabulary import NeverSampled

if TYPE_CHECKING:
    from torch import Tensor

MetricPaths = Annotated[
    tuple[str, ...],
    "Functions of your own, `package.module:function`, that are reported beside the task's "
    "metrics, each under its own name.",
    NeverSampled("trials are compared by the same metrics"),
]
"""The type of the key `metrics` of a task's config."""


TRIED = 32
"""Answers on which `try_metrics` tries a function."""


def metric_function(path: str) -> Callable[..., Any]:
    """The function behind `package.module:function`.

    Raises:
        DataError: There is no such function.
    """
    if path.count(":") != 1:
        message = f"{path!r} names no function as package.module:function."
        raise DataError(message, key="task.metrics")
    try:
        function = find_object(path, "metric", "function")
    except InputError as error:
        raise DataError(str(error), key="task.metrics") from error
    if isinstance(function, type) or not callable(function):
        raise DataError(
            f"{path} is no function. A metric is `f(outputs, targets)`, which returns a number.",
            key="task.metrics",
        )
    called: Callable[..., Any] = function
    return called


def custom_metrics(paths: Sequence[str], own: Sequence[Metric], over: str) -> Iterator[Metric]:
    """The metrics of the validation part that some functions are.

    Args:
        own: The task's own.
        over: Over what they are, for their descriptions.

    Raises:
        DataError: There is no such function, or two metrics have one name.
    """
    names = {metric.name for metric in own}
    for path in paths:
        name = f"val_{path.rpartition(':')[2]}"
        if name in names:
            raise DataError(f"{path} would be {name}, which is there already.", key="task.metrics")
        names.add(name)
        goal = getattr(metric_function(path), "goal", "minimize")
        if goal not in list(Goal):
            raise DataError(
                f"{path} has the goal {goal!r}, and must have minimize or maximize.",
                key="task.metrics",
            )
        yield Metric(name, "of your own", Goal(goal).value, f"{path} {over}")


def measured(
    paths: Sequence[str], part: Part, outputs: Tensor, targets: Tensor
) -> dict[str, Tensor]:
    """What some functions say of the answers of K networks.

    Args:
        outputs: Of every answer of the part, [K, n, targets] in the data's units, or the
            probabilities of classes, [K, n, classes].
        targets: The true answers, [n, targets], or classes int64 [n].

    Returns:
        Float64 [K] by the metric's full name.

    Raises:
        DataError: A function raises, or returns no number.
    """
    import torch

    shown, truth = outputs.double().cpu().numpy(), targets.cpu().numpy()
    columns = {}
    for path in paths:
        values = [_value(path, own, truth) for own in shown]
        column = torch.tensor(values, dtype=torch.float64, device=outputs.device)
        columns[f"{part}_{path.rpartition(':')[2]}"] = column
    return columns


def _value(path: str, outputs: Any, targets: Any) -> float:
    call = f"{path}, called with outputs {outputs.shape} and targets {targets.shape},"
    if not np.isfinite(outputs).all():
        return math.nan
    with calling(call, DataError):
        value = metric_function(path)(outputs.copy(), targets.copy())
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        kind = type(value).__name__
        raise DataError(f"{call} gives an object of the class {kind} and no number.") from error


def try_metrics(paths: Sequence[str], data: TaskData) -> None:
    """Call some functions once, with answers at random of the shape that a task has.

    Raises:
        DataError: One raises, or returns no number.
    """
    draw = np.random.default_rng(0)
    outputs = draw.uniform(0.5, 1.5, (TRIED, data.output_size))
    targets: Any = draw.uniform(0.5, 1.5, outputs.shape)
    if data.losses[0] == "cross_entropy":
        outputs = outputs / outputs.sum(1, keepdims=True)
        targets = np.arange(TRIED) % data.output_size
    for path in paths:
        _value(path, outputs, targets)
