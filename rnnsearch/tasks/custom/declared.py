"""What a user's task says of itself, checked value by value before anything is trained on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, get_args

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.goal import Goal
from rnnsearch.tasks.base import Head, Loss, Metric, Part

ONE_TRIAL_LOSSES: tuple[Loss, ...] = ("mse", "l1", "huber", "cross_entropy", "bce")
"""`quantile` needs quantiles, which a task for one trial has no way to name."""

MOST_SIZE = 1_000_000
"""Features, symbols or outputs: beyond it no machine holds a network's first matrix."""

OPTIONAL = ("loss", "symbolic", "problems", "sha256")
"""What a task for one trial may leave out, so that a misspelt one would not be missed."""

_ALSO_CALLED = {
    "mae": "l1",
    "l2": "mse",
    "rmse": "mse",
    "smooth_l1": "huber",
    "nll": "cross_entropy",
    "ce": "cross_entropy",
    "crossentropy": "cross_entropy",
    "binary_cross_entropy": "bce",
    "bce_with_logits": "bce",
}
_METRIC = re.compile(r"val_[A-Za-z0-9_.\- /]+")


def refuse(name: str, wrong: Sequence[str]) -> None:
    """Say all that is wrong with a task.

    Raises:
        DataError: Something is.
    """
    if wrong:
        raise DataError(f"{name}: " + "; ".join(wrong) + ".")


def one_trial_wrong(config: Any) -> list[str]:
    """What is wrong with the sizes, the loss and the names that a task for one trial declares."""
    wrong = _sizes_wrong(config)
    wrong += _loss_wrong("loss", getattr(config, "loss", "mse"), ONE_TRIAL_LOSSES)
    symbolic = getattr(config, "symbolic", False)
    if not isinstance(symbolic, bool):
        wrong.append(f"symbolic must be True or False, not {symbolic!r}")
    return wrong + _misspelt(type(config))


def whole_wrong(data: Any) -> list[str]:
    """What is wrong with the `TaskData` that a whole task's `load` gave."""
    needed = (
        *("input_size", "output_size", "symbolic", "losses", "quantiles", "feedback"),
        *("whole_sequence", "rows", "sha256", "notes", "metrics", "seq_len", "window_problem"),
        *("baselines", "manifest"),
    )
    absent = [key for key in needed if not hasattr(data, key)]
    if absent:
        return [f"its load() gave {type(data).__name__}, which has no {', '.join(absent)}"]
    wrong = _sizes_wrong(data) + [
        f"{key} must be True or False, not {value!r}"
        for key in ("symbolic", "feedback", "whole_sequence")
        if not isinstance(value := getattr(data, key), bool)
    ]
    if isinstance(data.losses, str) or not isinstance(data.losses, Sequence) or not data.losses:
        wrong.append(f"losses must be a tuple of one name or more, not {data.losses!r}")
    else:
        for loss in data.losses:
            wrong += _loss_wrong("losses", loss, get_args(Loss))
        if ("quantile" in data.losses) != bool(data.quantiles):
            wrong.append(
                "the loss quantile and quantiles go together, and one is without the other"
            )
    rows = data.rows()
    strange = [part for part in rows if part not in get_args(Part)]
    if strange:
        wrong.append(
            f"rows() names {', '.join(map(repr, strange))}; parts are {', '.join(get_args(Part))}"
        )
    counted = (int, np.integer)
    wrong += [
        f"rows() counts {part} as {count!r}; it must be a whole number from 0"
        for part, count in rows.items()
        if not (isinstance(count, counted) and count >= 0)
    ]
    return wrong + metrics_wrong(data.metrics(), "the part that is reported", ("val_", "train_"))


def head_wrong(head: Any) -> list[str]:
    """What is wrong with when a whole task asks for answers."""
    if head in get_args(Head):
        return []
    return [f"head must be one of {', '.join(get_args(Head))}, not {head!r}"]


def metrics_wrong(
    metrics: Any, what: str = "the part val", prefixes: tuple[str, ...] = ("val_",)
) -> list[str]:
    """What is wrong with the metrics that a task names."""
    if not isinstance(metrics, Sequence) or not metrics:
        return [f"metrics() must return a list of one Metric or more, not {metrics!r}"]
    wrong: list[str] = []
    for metric in metrics:
        if not isinstance(metric, Metric):
            wrong.append(f"metrics() holds {metric!r}, which is no rnnsearch.Metric")
            continue
        name = metric.name
        if not (isinstance(name, str) and _METRIC.fullmatch(_as_val(name, prefixes))):
            wrong.append(
                f"metrics() names {name!r}; the name of a metric of {what} is {prefixes[0]} and "
                "then letters, digits, and _ . - /, such as val_mse"
            )
        if metric.goal not in tuple(Goal):
            close = " (a figure of errors is minimized)" if metric.goal in ("min", "lower") else ""
            wrong.append(
                f"the goal of {name} must be {' or '.join(Goal)}, not {metric.goal!r}" + close
            )
        wrong += [
            f"the {key} of {name} must be a text, not {value!r}"
            for key in ("unit", "meaning")
            if not isinstance(value := getattr(metric, key), str)
        ]
    losses = [metric.name for metric in metrics if getattr(metric, "loss", False)]
    if len(losses) > 1:
        wrong.append(f"{', '.join(map(str, losses))} are all said to be the loss; one is")
    names = [metric.name for metric in metrics if isinstance(metric, Metric)]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        wrong.append(f"metrics() names {', '.join(twice)} twice")
    return wrong


def figures_wrong(found: Any, named: Collection[str], part: Part) -> list[str]:
    """What is wrong with what `evaluate` gave for a part, the first of it."""
    if not isinstance(found, Mapping):
        return [f"evaluate(predict, {part!r}) must return a dict of figures, not {found!r}"]
    if sorted(map(str, found)) != sorted(named):
        return [
            f"metrics names {', '.join(named)}, and evaluate(predict, {part!r}) reports "
            f"{', '.join(map(str, found)) or 'none'}; they must be the same"
        ]
    for key, value in found.items():
        try:
            float(value)
        except (TypeError, ValueError):
            return [f"evaluate(predict, {part!r}) reports {value!r} for {key}, which is no number"]
    return []


def values_wrong(what: str, array: np.ndarray[Any, Any], loss: str) -> list[str]:
    """What is wrong with the numbers that `batch` drew."""
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return [f"batch returned {what} that are not finite"]
    if what == "targets" and loss == "bce" and not ((array >= 0) & (array <= 1)).all():
        return ["batch returned targets outside of 0 to 1, and the loss is bce"]
    return []


def _as_val(name: str, prefixes: tuple[str, ...]) -> str:
    """The name as that of a metric of `val`, if it has one of the prefixes."""
    return next((f"val_{name.removeprefix(one)}" for one in prefixes if name.startswith(one)), name)


def _sizes_wrong(sized: Any) -> list[str]:
    wrong = []
    for key in ("input_size", "output_size"):
        size = getattr(sized, key)
        whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not (whole and 1 <= size <= MOST_SIZE):
            wrong.append(f"{key} must be a whole number from 1 to {MOST_SIZE:,}, not {size!r}")
    return wrong


def _loss_wrong(key: str, loss: Any, allowed: Sequence[str]) -> list[str]:
    if loss in allowed:
        return []
    text = str(loss).lower()
    close = _ALSO_CALLED.get(text) or next(iter(get_close_matches(text, allowed, n=1)), None)
    hint = f" (did you mean {close}?)" if close in allowed else ""
    return [f"{key} is {loss!r}, and must be one of {', '.join(allowed)}{hint}"]


def _misspelt(cls: type) -> list[str]:
    """Names of a class that are nearly those of what it leaves out."""
    own = {name for base in cls.__mro__[:-1] for name in vars(base) if not name.startswith("_")}
    own -= {field.name for field in fields(cls)}
    absent = [name for name in OPTIONAL if name not in own and not hasattr(cls, name)]
    wrong = []
    for name in sorted(own):
        close = get_close_matches(name.lower(), absent, n=1, cutoff=0.8)
        if close:
            wrong.append(f"it has {name!r} and no {close[0]!r}; is that what is meant? Rename it")
    return wrong
