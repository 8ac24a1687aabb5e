"""What a custom task says of itself, checked value by value before anything is trained on it.

Each check yields the problems that it finds, in words that go on a sentence which begins with the
name of the task; `refuse` raises them together.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, get_args

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.goal import Goal
from rnnsearch.tasks.base import Head, Loss, Metric, Part

ONE_TRIAL_LOSSES: tuple[Loss, ...] = ("mse", "l1", "huber", "cross_entropy", "bce")
"""Losses of a task for one trial; `quantile` needs quantiles, which such a task cannot name."""

MOST_SIZE = 1_000_000
"""Features, symbols or outputs: beyond it no machine holds a network's first matrix."""

OPTIONAL = ("loss", "symbolic", "problems", "sha256")
"""What a task for one trial may leave out, so that a misspelt name would not be missed."""

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


def refuse(name: str, problems: Iterable[str]) -> None:
    """Refuse a task of which something is wrong.

    Raises:
        DataError: With all problems, if there are any.
    """
    if listed := list(problems):
        raise DataError(f"{name}: " + "; ".join(listed) + ".")


def one_trial_problems(config: Any) -> Iterator[str]:
    """What is wrong with the sizes, the loss and the names that a task for one trial declares."""
    yield from _size_problems(config)
    yield from _loss_problems("loss", getattr(config, "loss", "mse"), ONE_TRIAL_LOSSES)
    symbolic = getattr(config, "symbolic", False)
    if not isinstance(symbolic, bool):
        yield f"symbolic must be True or False, not {symbolic!r}"
    yield from _misspelt(type(config))


def whole_problems(data: Any) -> Iterator[str]:
    """What is wrong with the `TaskData` that a whole task's `load` gave."""
    needed = (
        *("input_size", "output_size", "symbolic", "losses", "quantiles", "feedback"),
        *("whole_sequence", "rows", "sha256", "notes", "metrics", "seq_len", "window_problem"),
        *("baselines", "manifest"),
    )
    if absent := [key for key in needed if not hasattr(data, key)]:
        yield f"its load() gave {type(data).__name__}, which has no {', '.join(absent)}"
        return
    yield from _size_problems(data)
    for key in ("symbolic", "feedback", "whole_sequence"):
        if not isinstance(value := getattr(data, key), bool):
            yield f"{key} must be True or False, not {value!r}"
    if isinstance(data.losses, str) or not isinstance(data.losses, Sequence) or not data.losses:
        yield f"losses must be a tuple of one name or more, not {data.losses!r}"
    else:
        for loss in data.losses:
            yield from _loss_problems("losses", loss, get_args(Loss))
        if ("quantile" in data.losses) != bool(data.quantiles):
            yield "the loss quantile and quantiles go together, and one is without the other"
    rows, parts = data.rows(), get_args(Part)
    if strange := [part for part in rows if part not in parts]:
        yield f"rows() names {', '.join(map(repr, strange))}; parts are {', '.join(parts)}"
    for part, count in rows.items():
        if not (isinstance(count, int | np.integer) and count >= 0):
            yield f"rows() counts {part} as {count!r}; it must be a whole number from 0"
    yield from metric_problems(data.metrics(), "the part that is reported", ("val_", "train_"))


def head_problems(head: Any) -> Iterator[str]:
    """What is wrong with a whole task's `head`, which says at which time steps it wants outputs."""
    if head not in get_args(Head):
        yield f"head must be one of {', '.join(get_args(Head))}, not {head!r}"


def metric_problems(
    metrics: Any, what: str = "the part val", prefixes: tuple[str, ...] = ("val_",)
) -> Iterator[str]:
    """What is wrong with the metrics that a task announces.

    Args:
        what: The part that they are of, in words.
        prefixes: What their names may begin with.
    """
    if not isinstance(metrics, Sequence) or not metrics:
        yield f"metrics() must return a list of one Metric or more, not {metrics!r}"
        return
    names, losses = [], []
    for metric in metrics:
        if not isinstance(metric, Metric):
            yield f"metrics() holds {metric!r}, which is no rnnsearch.Metric"
            continue
        name = str(metric.name)
        names.append(name)
        losses += [name] if metric.loss else []
        as_val = [f"val_{name.removeprefix(one)}" for one in prefixes if name.startswith(one)]
        if name != metric.name or not _METRIC.fullmatch(as_val[0] if as_val else name):
            yield (
                f"metrics() names {metric.name!r}; the name of a metric of {what} is {prefixes[0]} "
                "and then letters, digits, and _ . - /, such as val_mse"
            )
        if metric.goal not in tuple(Goal):
            close = " (a figure of errors is minimized)" if metric.goal in ("min", "lower") else ""
            yield f"the goal of {name} must be {' or '.join(Goal)}, not {metric.goal!r}{close}"
        for key in ("unit", "meaning"):
            if not isinstance(value := getattr(metric, key), str):
                yield f"the {key} of {name} must be a text, not {value!r}"
    if len(losses) > 1:
        yield f"{', '.join(losses)} are all said to be the loss; one is"
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"metrics() names {', '.join(twice)} twice"


def figure_problems(figures: Any, named: Collection[str], part: Part) -> Iterator[str]:
    """What is wrong with the figures that `evaluate` gave for a part.

    Args:
        figures: What it gave.
        named: The metrics that it should have given.
    """
    call = f"evaluate(predict, {part!r})"
    if not isinstance(figures, Mapping):
        yield f"{call} must return a dict of figures, not {figures!r}"
    elif sorted(map(str, figures)) != sorted(named):
        reported = ", ".join(map(str, figures)) or "none"
        names = ", ".join(named)
        yield f"metrics names {names}, and {call} reports {reported}; they must be the same"
    else:
        for key, value in figures.items():
            try:
                float(value)
            except (TypeError, ValueError):
                yield f"{call} reports {value!r} for {key}, which is no number"


def value_problems(what: str, array: np.ndarray[Any, Any], loss: str) -> Iterator[str]:
    """What is wrong with the numbers that `batch` drew.

    Args:
        what: `inputs` or `targets`.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        yield f"batch returned {what} that are not finite"
    elif what == "targets" and loss == "bce" and not ((array >= 0) & (array <= 1)).all():
        yield "batch returned targets outside of 0 to 1, and the loss is bce"


def _size_problems(sized: Any) -> Iterator[str]:
    """What is wrong with `input_size` and `output_size`."""
    for key in ("input_size", "output_size"):
        size = getattr(sized, key)
        whole = isinstance(size, int | np.integer) and not isinstance(size, bool)
        if not (whole and 1 <= size <= MOST_SIZE):
            yield f"{key} must be a whole number from 1 to {MOST_SIZE:,}, not {size!r}"


def _loss_problems(key: str, loss: Any, allowed: Sequence[str]) -> Iterator[str]:
    """What is wrong with the name of a loss, with the one that may be meant."""
    if loss not in allowed:
        text = str(loss).lower()
        close = _ALSO_CALLED.get(text) or next(iter(get_close_matches(text, allowed, n=1)), None)
        hint = f" (did you mean {close}?)" if close in allowed else ""
        yield f"{key} is {loss!r}, and must be one of {', '.join(allowed)}{hint}"


def _misspelt(cls: type) -> Iterator[str]:
    """Names of a class that are nearly those of what it leaves out."""
    public = {name for base in cls.__mro__[:-1] for name in vars(base) if not name.startswith("_")}
    public -= {field.name for field in fields(cls)}
    absent = [name for name in OPTIONAL if name not in public and not hasattr(cls, name)]
    for name in sorted(public):
        if close := get_close_matches(name.lower(), absent, n=1, cutoff=0.8):
            yield f"it has {name!r} and no {close[0]!r}; is that what is meant? Rename it"
