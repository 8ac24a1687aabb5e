"""Given rows of a series, and those to come: their times, and their inputs beside the numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError, RowsWarning
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.series.cells import listed_names
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.categories import EMPTY, shown
from rnnsearch.tasks.series.inputs.learned import InputRows, Inputs
from rnnsearch.tasks.series.inputs.statics import one_value
from rnnsearch.tasks.series.recent import Recent
from rnnsearch.tasks.series.steps import by_calendar, times_after


def with_rows_to_come(manifest: Mapping[str, Any], rows: Recent, steps: int | None) -> Recent:
    """Rows with empty ones behind them, where a forecast reads the times of rows that nobody gave.

    Columns that are known ahead cannot be made up, so that nothing is added where there are any.

    Args:
        steps: Rows to predict; None takes the horizon.

    Raises:
        ModelError: The step between the rows is not known.
    """
    config = SeriesConfig.remembered(manifest)
    if not config.reads_times or config.known or rows.times is None:
        return rows
    reach = max(config.horizon if steps is None else steps, config.lead)
    more = measured(config, rows) + reach - len(rows.values)
    if more <= 0:
        return rows
    return replace(
        rows,
        values=np.pad(rows.values, ((0, more), (0, 0)), constant_values=np.nan),
        coded=np.pad(rows.coded, ((0, more), (0, 0)), constant_values=np.nan),
        times=np.concatenate([rows.times, _later(manifest, rows, more)]),
    )


def measured(config: SeriesConfig, rows: Recent) -> int:
    """How many rows there are up to the last one that has a target."""
    has = np.isfinite(rows.values[:, : len(config.targets)]).any(axis=1)
    return int(np.flatnonzero(has)[-1:].sum()) + 1


def times_of(manifest: Mapping[str, Any], rows: Recent, first: int, count: int) -> NDArray[Any]:
    """The times of the rows that are predicted: of those that were given, and of those after."""
    assert rows.times is not None
    known = rows.times[first : first + count]
    if len(known) == count:
        return known
    return np.concatenate([known, _later(manifest, rows, count - len(known))])


def _later(manifest: Mapping[str, Any], rows: Recent, count: int) -> NDArray[Any]:
    """Times of so many rows behind the given ones."""
    assert rows.times is not None
    usual = manifest.get("step")
    whose = "" if rows.name is None else f" of the series {rows.name!r}"
    if usual is None and len(rows.times) < 2:
        raise ModelError(f"the step between the rows{whose} is not known; give two rows or more.")
    if usual is None and by_calendar(rows.times, 1) is None:
        warnings.warn(
            f"the rows of training are not evenly spaced; the forecast{whose} is dated at the "
            "step that most of the last rows have. Rows to come with other times may be given, "
            "with empty targets.",
            RowsWarning,
            stacklevel=4,
        )
    return times_after(rows.times, count, usual)


def inputs_of(manifest: Mapping[str, Any], rows: Recent, steps: int | None) -> InputRows:
    """The inputs of the rows of a series beside their columns of numbers.

    Warns of values of a category that training never saw, where they are read.

    Args:
        steps: Rows to predict; None takes the horizon.

    Raises:
        ModelError: A static has several values in the rows, or a column known ahead none.
    """
    config, inputs = SeriesConfig.remembered(manifest), Inputs.of(manifest)
    coded, numbers = rows.coded.copy(), len(config.static_numbers)
    whose = "" if rows.name is None else f" of the series {rows.name!r}"
    for name in config.static:
        column, values = coded[:, config.coded.index(name)], None
        if name in config.categories:
            values = rows.written[config.categories.index(name)]
        value = one_value(column, values)
        if isinstance(value, str):
            raise ModelError(
                f"the column {name!r} {value} in the rows{whose}; it has one value in each series."
            )
        column[:] = value
    now = measured(config, rows)
    first = max(0, now - config.context)
    last = now + max(config.horizon if steps is None else steps, config.lead)
    for at, category in enumerate(inputs.categories):
        column, written = coded[:, numbers + at], rows.written[at]
        ahead = category.name in config.known
        read = column[first : last if ahead else now]
        places = read[np.isfinite(read)].astype(np.int64)
        later = column[now:last].astype(np.int64) if ahead else np.empty(0, np.int64)
        blank = all(written[one] == EMPTY for one in later)
        if len(later) and blank and EMPTY not in category.values:
            raise ModelError(
                f"the rows to predict have no value of {category.name!r}, which the forecast reads "
                "ahead."
            )
        strange = list(_strange(written, places, category.values))
        if strange:
            warnings.warn(
                f"training never saw {_listed(strange)} in {category.name!r}{whose}: read as the "
                "mean of all that it saw.",
                RowsWarning,
                stacklevel=3,
            )
        known = category.numbers(written)
        there = np.isfinite(column)
        column[there] = known[column[there].astype(np.int64)]
        column[~there] = len(category.values)
    empty = np.isnan(rows.values[:, : config.measured])
    empty[now:] = False  # a recursive forecast puts its own predictions there
    return inputs.rows(config, coded, rows.times, empty)


def _strange(written: list[str], places: Ints, known: tuple[str, ...]) -> Iterator[str]:
    """The values at some places that training did not see."""
    for place in np.unique(places).tolist():
        if written[place] not in known:
            yield written[place]


def _listed(values: list[str]) -> str:
    """Values of a category for a message."""
    return shown(EMPTY) if values == [EMPTY] else listed_names(values)
