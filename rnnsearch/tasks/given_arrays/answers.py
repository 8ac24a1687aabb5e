"""What the arrays `y` mean: a number or a class, for every time step or for a whole sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.source import Given, Sequences
from rnnsearch.tasks.ragged import Ragged

FEW_FLOATS = 10
"""Whole numbers that are floats, and have so many different values or fewer, may be classes."""

MANY_ROWS = 100_000
"""Answers that are looked at for that."""

EVERY_DOUBT = (
    "y has as many columns as there are time steps, and is read as an answer for each of them; if "
    "it is one answer for a sequence, set task.answers to last"
)

SURELY_FEW = 50
"""Whole numbers of so many different values or fewer are taken for classes without a question."""

MOST_CLASS = 2**53
"""The greatest whole number that may stand for a class: floats tell no greater ones apart."""

IGNORED = -100
"""The class by which torch leaves answers out of a loss."""

Y_SHAPES = (
    "it must have a row for each of {count} sequences, (sequences,) or (sequences, outputs), or an "
    "answer for each time step, {steps}"
)


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """The targets of all parts.

    Attributes:
        every: Whether there is one for each time step.
        of_part: Class numbers [answers], or float64 [answers, outputs], of each part; of a sequence
            that has a single answer its length is 1.
        classes: The names of the classes; empty where targets are numbers.
        doubts: What y might mean instead of what it was taken for, as notes.
    """

    every: bool
    of_part: Mapping[Part, Ragged]
    classes: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def answers(
    config: ArraysConfig,
    parts: Mapping[Part, Given],
    inputs: Mapping[Part, Sequences],
    place: str,
) -> Answers:
    """Read the targets of all parts.

    Raises:
        DataError: Their shapes do not go with those of the inputs, or what they are is not sure.
    """
    shaped = {
        part: _shaped(config, given, inputs[part], f"{place}: {given.names['y']}")
        for part, given in parts.items()
    }
    every = {part: each for part, (each, _) in shaped.items()}
    if len(set(every.values())) > 1:
        shapes = ", ".join(f"{'every' if one else 'last'} in {part}" for part, one in every.items())
        raise DataError(
            f"{place}: y has another shape in one part than in another ({shapes}). Give all parts "
            "the same, or set task.answers."
        )
    rows = {part: array for part, (_, array) in shaped.items()}
    widths = {part: array.shape[1] for part, array in rows.items()}
    if len(set(widths.values())) > 1:
        counts = ", ".join(f"{width} in {part}" for part, width in widths.items())
        raise DataError(f"{place}: the parts have different numbers of outputs: {counts}.")
    kind, doubts = _kind(config, rows, place)
    names: tuple[str, ...] = ()
    if kind == "classes":
        rows, names = _numbered(rows, parts, place)
    else:
        rows = {part: _finite(rows[part], parts[part], place) for part in rows}
    of_part = {}
    for part, array in rows.items():
        starts = inputs[part].values.starts
        ends = starts if every["train"] else np.arange(len(starts), dtype=np.int64)
        of_part[part] = Ragged(array, ends)
    first = inputs["train"]
    open_ = config.answers == "auto" and parts["train"].y.ndim == 2
    if open_ and every["train"] and (first.padded or 0) > 1:
        doubts = (*doubts, EVERY_DOUBT)
    return Answers(every["train"], of_part, names, doubts)


def _shaped(
    config: ArraysConfig, given: Given, inputs: Sequences, name: str
) -> tuple[bool, NDArray[Any]]:
    """Whether an array has an answer for every time step, and its answers [answers, outputs]."""
    y, count, total = given.y, len(inputs.values), len(inputs.values.values)
    a_step = (count, inputs.padded) if inputs.padded is not None else (total,)
    every = y.shape[: len(a_step)] == a_step and y.ndim <= len(a_step) + 1
    last = y.shape[:1] == (count,) and (y.ndim <= 2 or (y.ndim == 3 and y.shape[1] == 1))
    wanted = {"auto": every or last, "every": every, "last": last}[config.answers]
    if not wanted:
        steps = f"({', '.join(map(str, a_step))}) or ({', '.join(map(str, a_step))}, outputs)"
        asked = "" if config.answers == "auto" else f" with task.answers: {config.answers}"
        needed = Y_SHAPES.format(count=count, steps=steps)
        raise DataError(f"{name} has shape {y.shape}; {needed}{asked}.")
    if every and config.answers != "last":
        rows = y if inputs.padded is None else inputs.valid(y)
        return True, rows.reshape(len(rows), -1)
    return False, y.reshape(count, -1)


def _kind(
    config: ArraysConfig, rows: Mapping[Part, NDArray[Any]], place: str
) -> tuple[str, tuple[str, ...]]:
    """Whether targets are `numbers` or `classes`, and notes where that was a guess."""
    kinds = {array.dtype.kind for array in rows.values()}
    if not kinds <= set("biufUS"):
        raise DataError(f"{place}: y holds {rows['train'].dtype}, neither numbers nor classes.")
    texts = kinds & set("US")
    if texts and kinds - set("US"):
        raise DataError(f"{place}: y holds texts in one part and numbers in another.")
    width = rows["train"].shape[1]
    if config.targets != "auto":
        if config.targets == "numbers" and texts:
            raise DataError(f"{place}: y holds texts, and task.targets is numbers.")
        if config.targets == "classes" and width > 1:
            raise DataError(
                f"{place}: y has {width} columns, and a class is one number or text. Of shares or "
                "ones and zeros, y.argmax(-1) gives the classes."
            )
        return config.targets, ()
    if texts or kinds == {"b"}:
        if width > 1:
            raise DataError(f"{place}: y has {width} columns of texts or truth values; give one.")
        return "classes", ()
    if "f" in kinds or width > 1:
        return "numbers", tuple(_maybe_classes(rows["train"]))
    values = np.concatenate([np.unique(array) for array in rows.values()])
    different, least = len(np.unique(values)), len(rows["train"]) / 10
    if different > SURELY_FEW and different > least:
        raise DataError(
            f"{place}: y holds whole numbers of {different:,} different values. Are they amounts "
            "or classes? Set task.targets to numbers or to classes."
        )
    doubt = (
        f"y holds whole numbers of {different} different values and is read as classes; if they "
        "are amounts, set task.targets to numbers"
    )
    return "classes", (doubt,)


def _maybe_classes(rows: NDArray[Any]) -> Iterator[str]:
    """Why numbers may be classes, as notes."""
    if rows.shape[1] > 1:
        if np.isin(rows, (0, 1)).all() and (rows.sum(axis=1) == 1).all():
            yield (
                "each row of y has a single 1, and is read as numbers; if these are classes, give "
                "y.argmax(-1)"
            )
        return
    values = np.unique(rows[:MANY_ROWS])
    if len(values) <= FEW_FLOATS and np.array_equal(values, np.round(values)):
        yield (
            f"y holds the whole numbers {', '.join(f'{one:g}' for one in values)} as floats and is "
            "read as numbers; if they are classes, set task.targets to classes"
        )


def _numbered(
    rows: Mapping[Part, NDArray[Any]], parts: Mapping[Part, Given], place: str
) -> tuple[dict[Part, NDArray[Any]], tuple[str, ...]]:
    """The number of each answer's class, and the names of the classes in their order."""
    flat = {part: array.ravel() for part, array in rows.items()}
    for part, array in flat.items():
        name = f"{place}: {parts[part].names['y']}"
        if array.dtype.kind == "f":
            broken = ~np.isfinite(array) | (array != np.round(array)) | (np.abs(array) > MOST_CLASS)
            if broken.any():
                raise DataError(f"{name} holds {array[broken][0]}: no class.")
        if array.dtype.kind == "u" and int(array.max()) > MOST_CLASS:
            raise DataError(f"{name} holds {array.max()}: a class is a number up to {MOST_CLASS}.")
        if array.dtype.kind in "iuf" and (array == IGNORED).any():
            raise DataError(
                f"{name} holds {IGNORED}, which elsewhere means no answer, and here every answer "
                "counts. Say with lengths where sequences end, or number that class otherwise."
            )
        if array.dtype.kind in "iuf":
            flat[part] = array.astype(np.int64)
    known = np.unique(np.concatenate([np.unique(array) for array in flat.values()]))
    if len(known) < 2:
        raise DataError(f"{place}: every y is {known[0]}; there must be at least two classes.")
    numbered: dict[Part, Ints] = {
        part: np.searchsorted(known, array).astype(np.int64) for part, array in flat.items()
    }
    names = [one.decode() if isinstance(one, bytes) else str(one) for one in known.tolist()]
    absent = np.setdiff1d(np.arange(len(known)), numbered["train"])
    if len(absent):
        raise DataError(
            f"{place}: the class {names[absent[0]]} stands in no training answer, so it cannot be "
            "learned. Give it some in train_y, or take it out of the other parts."
        )
    return dict(numbered), tuple(names)


def _finite(rows: NDArray[Any], given: Given, place: str) -> NDArray[Any]:
    numbers = rows.astype(np.float64)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        raise DataError(
            f"{place}: {given.names['y']} holds {numbers[tuple(bad[0])]} as answer {bad[0][0]} "
            "(from 0, padding left out). Every answer is needed."
        )
    return numbers
