"""Inputs beside the columns of numbers, learned from the training part of a table and checked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Bools, Floats, Ints
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.categories import MOST_VALUES, Category, shown
from rnnsearch.tasks.series.inputs.learned import InputRows, Inputs
from rnnsearch.tasks.series.inputs.statics import one_value
from rnnsearch.tasks.series.steps import usual_step

LISTED = 5
"""How many values of a category a note lists."""


def learn(
    config: SeriesConfig,
    coded: Floats,
    texts: Sequence[Sequence[str]],
    times: NDArray[Any] | None,
    empty: Bools,
    names: Sequence[str],
    starts: Ints,
    train: Ints,
) -> tuple[Inputs, InputRows, list[str]]:
    """Learn the inputs of a table, and make them for all of its rows.

    Args:
        coded: The columns of `config.coded`, float64 [rows, columns]; of categories, the place of
            each cell's value in `texts`. It is changed in place.
        texts: The values of each category.
        times: The times of the rows.
        empty: Which cells of the targets and past columns of numbers are empty.
        names: Names of the series.
        starts: First row of each series, and the number of rows.
        train: First and last-plus-one row of the training part of each series.

    Returns:
        What was learned, the inputs of all rows, and notes on them for a person.

    Raises:
        DataError: Dates are missing, or a static is not one value a series.
    """
    if not config.coded and not config.reads_times:
        return Inputs(), InputRows.none(len(coded)), []
    if config.calendar and (times is None or times.dtype.kind != "M"):
        raise DataError(
            f"{config.path}: task.calendar is made from dates, and the column "
            f"{', '.join(map(repr, config.time_columns))} holds plain numbers; leave task.calendar "
            "out, or name a column of dates in task.time.",
            "task.calendar",
        )
    _fill_statics(config, coded, texts, names, starts)
    rows = np.concatenate([np.arange(lo, hi) for lo, hi in train.tolist()])
    numbers = len(config.static_numbers)
    notes: list[str] = []
    categories = []
    for name, values, column in zip(config.categories, texts, coded[:, numbers:].T, strict=True):
        codes = column.astype(np.int64)
        category = Category.fit(name, values, codes[rows])
        notes += _notes(category, values, codes, len(rows))
        column[:] = category.numbers(values)[codes]
        categories.append(category)
    static = None
    if numbers:
        static = Scaler.fit(coded[starts[:-1], :numbers], "standard")
    usual = None
    if config.spacing == "given":
        assert times is not None
        usual = usual_step(times, starts)
    inputs = Inputs(tuple(categories), static, usual)
    beside = [
        inputs.rows(config, coded[lo:hi], None if times is None else times[lo:hi], empty[lo:hi])
        for lo, hi in pairwise(starts.tolist())
    ]
    whole = InputRows(
        np.concatenate([one.fixed for one in beside]), np.concatenate([one.ahead for one in beside])
    )
    return inputs, whole, notes


def _fill_statics(
    config: SeriesConfig,
    coded: Floats,
    texts: Sequence[Sequence[str]],
    names: Sequence[str],
    starts: Ints,
) -> None:
    """Put the one value that a static has in each series into all cells of the series.

    Raises:
        DataError: A series has several values, or none of a number.
    """
    for name in config.static:
        column = coded[:, config.coded.index(name)]
        values = None
        if name in config.categories:
            values = texts[config.categories.index(name)]
        for series, (lo, hi) in zip(names, pairwise(starts.tolist()), strict=True):
            value = one_value(column[lo:hi], values)
            if isinstance(value, str):
                raise DataError(
                    f"{config.path}: the column {name!r} {value} in the series {series!r}; a "
                    "static has one value in each series. "
                    + (
                        "Fill it, or leave the column out."
                        if "no value" in value
                        else "Name it in task.past or task.known."
                    ),
                    "task.static",
                )
            column[lo:hi] = value


def _notes(category: Category, values: Sequence[str], codes: Ints, trained: int) -> Iterator[str]:
    """Sentences on how the values of a category are read.

    Args:
        codes: The place of each cell's value in `values`.
        trained: How many cells the training part has.
    """
    name, own = category.name, len(category.values)
    yield f"{name!r} has {own} value{'s' if own > 1 else ''} in the training part: " + _listed(
        category.values
    )
    others = {value for value in values if value not in category.values}
    counts = dict(zip(values, np.bincount(codes, minlength=len(values)).tolist(), strict=True))
    rows = sum(counts[value] for value in others)
    if rows:
        often = sorted(others, key=lambda value: -counts[value])
        why = f"is beyond the {MOST_VALUES} commonest" if own == MOST_VALUES else "is not there"
        yield (
            f"{rows:,} cells of {name!r} hold what {why} and are read as the mean of all that "
            f"training saw: {_listed(often)}"
        )
    if own == 1:
        yield f"{name!r} never changes in the training part; it tells a model nothing"
    elif own < MOST_VALUES and own > trained / 2:
        yield f"{name!r} hardly has a value twice; it tells a model nothing of new rows"


def _listed(values: Sequence[str]) -> str:
    more = len(values) - LISTED
    return ", ".join(map(shown, values[:LISTED])) + (f" and {more:,} more" if more > 0 else "")
