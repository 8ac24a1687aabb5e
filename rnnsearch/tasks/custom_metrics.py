"""Metrics that a person brought, beside the task's: functions of all answers of a part.

A function `f(outputs, targets)` is given numpy arrays and returns a number. One that names a third
argument `known` is given which targets are known, too. `Answers` says what the arrays are; the
shapes that each task has are on the page `custom` of the guide.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from rnnsearch.custom_code import calling, find_object
from rnnsearch.errors import DataError, InputError
from rnnsearch.goal import Goal
from rnnsearch.tasks.answers import TRIED, Answers, random_answers
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

KNOWN = "known"
"""The argument by which a metric asks which targets are known."""

Measure = Callable[[Answers], dict[str, float]]
"""From one model's answers to what each function says of them, by the function's name."""


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


def custom_metrics(
    paths: Sequence[str], own: Sequence[Metric], over: str, part: Part = "val"
) -> Iterator[Metric]:
    """The metrics of a part that some functions are.

    Args:
        own: The task's own.
        over: Over what they are, for their descriptions.

    Raises:
        DataError: There is no such function, or two metrics have one name.
    """
    names = {metric.name for metric in own}
    for path in paths:
        name = f"{part}_{_name(path)}"
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


def figures(paths: Sequence[str], answers: Answers) -> dict[str, float]:
    """What some functions say of one model's answers, by the function's name.

    Where outputs are not finite it is NaN, and no function is called.

    Raises:
        DataError: A function raises, or returns no number.
    """
    return {_name(path): _value(path, answers) for path in paths}


def measured(
    paths: Sequence[str], part: Part, outputs: Tensor, targets: Tensor, suffix: str = ""
) -> dict[str, Tensor]:
    """What some functions say of the answers of K networks.

    Args:
        outputs: Of every answer of the part, [K, n, ...] in the data's units, or the probabilities
            of classes, [K, n, classes].
        targets: The true answers, [n, ...], or classes int64 [n].
        suffix: What the names end in.

    Returns:
        Float64 [K] by the metric's full name.

    Raises:
        DataError: A function raises, or returns no number.
    """
    if not paths:
        return {}
    shown, truth = outputs.double().cpu().numpy(), targets.cpu().numpy()
    return columns(paths, part, (Answers(own, truth) for own in shown), suffix)


def columns(
    paths: Sequence[str], part: Part, answers: Iterable[Answers], suffix: str = ""
) -> dict[str, Tensor]:
    """What `measured` gives, of the answers of each network."""
    import torch

    rows = [figures(paths, own) for own in answers]
    return {
        f"{part}_{name}{suffix}": torch.tensor([row[name] for row in rows], dtype=torch.float64)
        for name in map(_name, paths)
    }


class RivalMeasure:
    """A `Measure` of a baseline, which goes without the figures that it cannot have.

    Its answers may be such as no function is made for: one number for all, or growing without
    bounds. Then `note` says which figures are missing, and why.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = paths
        self._missing: dict[str, str] = {}

    def __call__(self, answers: Answers) -> dict[str, float]:
        finite = {}
        for path in self._paths:
            try:
                value = _value(path, answers)
            except DataError as error:
                self._missing[path] = str(error)
                continue
            if math.isfinite(value):
                finite[_name(path)] = value
            else:
                self._missing[path] = f"it gives {value:g}"
        return finite

    def note(self, note: str) -> str:
        """A note on a baseline, with what is missing behind it."""
        missing = [f"not scored by {path}: {why}" for path, why in self._missing.items()]
        return "; ".join([*filter(None, [note]), *missing])


def _name(path: str) -> str:
    return path.rpartition(":")[2]


@cache
def _asks_for_known(function: Callable[..., Any]) -> bool:
    try:
        return KNOWN in inspect.signature(function).parameters
    except ValueError:  # of a function that is written in C
        return False


def _value(path: str, answers: Answers) -> float:
    outputs, targets = answers.outputs, answers.targets
    call = f"{path}, called with outputs {outputs.shape} and targets {targets.shape},"
    if not np.isfinite(outputs).all():
        return math.nan
    function, more = metric_function(path), {}
    if _asks_for_known(function):
        known = answers.known
        more[KNOWN] = np.ones(targets.shape, bool) if known is None else known.copy()
    with calling(call, DataError):
        value = function(outputs.copy(), targets.copy(), **more)
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        kind = type(value).__name__
        raise DataError(f"{call} gives an object of the class {kind} and no number.") from error


def try_metrics(paths: Sequence[str], data: TaskData) -> None:
    """Call some functions once, with answers at random of the shapes that a task has.

    Raises:
        DataError: One raises, returns no number, or gives NaN where a target is unknown.
    """
    answers = random_answers(data, np.random.default_rng(0), TRIED)
    for path in paths:
        value = _value(path, answers)
        if answers.known is not None and not math.isfinite(value):
            raise DataError(
                f"{path} gives {value:g} where a target is empty, which is NaN there. Let it take "
                "a third argument, f(outputs, targets, known), and look at outputs[known] and "
                "targets[known] alone."
            )
