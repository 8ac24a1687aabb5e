"""Rows of a table put series by series and in the order of time.

What had to be done for that is kept as notes, which `rnnsearch check` prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Bools, Floats, Ints
from rnnsearch.tasks.files.table import Table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.steps import ticks, ticks_between


@dataclass(slots=True)
class Ordered:
    """The rows of a table with each series in one piece, in the order of time.

    Attributes:
        values: Float64 [rows, columns].
        times: Datetime64 or numbers [rows]; None without a time column.
        starts: First row of each series, and the number of rows; int64 [series + 1].
        names: Names of the series.
        rows: The row of the file that stands at each place; None where they stand as they were.
        notes: What was done to the rows of the file.
        parts: The number of the part that each row is given to; None where a split decides.
    """

    values: Floats
    times: NDArray[Any] | None
    starts: Ints
    names: tuple[str, ...]
    rows: Ints | None
    notes: list[str]
    parts: Ints | None = None

    def move(self, order: Ints) -> None:
        """Keep the rows at these places, in this order.

        Where every row is kept the arrays are reordered in place, since a long table has no room
        for a copy.
        """
        if len(order) == len(self.values):
            for column in self.values.T:
                column[:] = column[order]
        else:
            self.values = self.values[order]
        self.times = None if self.times is None else self.times[order]
        self.parts = None if self.parts is None else self.parts[order]
        self.rows = order if self.rows is None else self.rows[order]


def in_order(config: SeriesConfig, table: Table, parts: Ints | None = None) -> Ordered:
    """The rows of a table that a task reads, series by series and in the order of time.

    The arrays of the table itself are changed in place.

    Args:
        parts: The number of the part that each row is given to, if it is.

    Raises:
        DataError: A time comes twice in a series with different values, or a series to be left
            out is not there.
    """
    ids, names, kept, notes = _chosen(config, table)
    starts = np.cumsum([0, *np.bincount(ids, minlength=len(names))], dtype=np.int64)
    ordered = Ordered(table.values, table.times, starts, names, None, notes, parts)
    if kept is not None:
        ordered.move(kept)
    if len(names) > 1 and (ids[1:] < ids[:-1]).any():
        ordered.move(np.argsort(ids, kind="stable"))
    if ordered.times is not None:
        _rise(config, table, ordered)
    return ordered


def _chosen(
    config: SeriesConfig, table: Table
) -> tuple[NDArray[np.int32], tuple[str, ...], Ints | None, list[str]]:
    """The series that `task.skip_series` and `task.min_rows` do not leave out.

    Returns:
        The number of its series for each row that is kept, the names of these series, the places
        of the kept rows (None where all are kept), and notes on what is left out.

    Raises:
        DataError: A series that should be left out is not there, or none would be left.
    """
    absent = [name for name in config.skip_series if name not in table.names]
    if absent:
        raise DataError(
            f"{config.path}: the column {config.id!r} has no series "
            f"{', '.join(map(repr, absent))}, which task.skip_series leaves out.",
            "task.skip_series",
        )
    counts = np.bincount(table.ids, minlength=len(table.names))
    leave = np.array([name in config.skip_series for name in table.names])
    leave |= counts < config.min_rows
    if not leave.any():
        return table.ids, table.names, None, []
    if leave.all():
        raise DataError(
            f"{config.path}: every series is left out by task.skip_series and task.min_rows; the "
            f"longest has {counts.max():,} rows.",
            "task.min_rows" if config.min_rows else "task.skip_series",
        )
    number = np.cumsum(~leave) - 1
    kept = np.flatnonzero(~leave[table.ids])
    ids = number[table.ids[kept]].astype(np.int32)
    names = tuple(compress(table.names, ~leave))
    skipped = ", ".join(compress(table.names, leave))
    skipped = skipped if len(skipped) < 80 else skipped[:77] + "..."
    series, rows = f"{leave.sum():,} of {len(leave):,} series", len(table.ids) - len(kept)
    return ids, names, kept, [f"{series} are left out, {rows:,} rows: {skipped}"]


def _rise(config: SeriesConfig, table: Table, ordered: Ordered) -> None:
    """Put the rows of each series in the order of time, and take repeated ones once.

    Raises:
        DataError: Rows of one series and one time have different values.
    """
    assert ordered.times is not None
    downs = same = 0
    for steps in ticks_between(ordered.times, ordered.starts):
        downs, same = downs + int((steps < 0).sum()), same + int((steps == 0).sum())
    if not downs and not same:
        return
    if downs:
        ups = len(ordered.times) - len(ordered.starts) + 1 - downs - same
        series = np.repeat(np.arange(len(ordered.names)), np.diff(ordered.starts))
        parts = () if ordered.parts is None else (ordered.parts,)
        ordered.move(np.lexsort((*parts, ticks(ordered.times), series)))
        note = f"{downs:,} rows were earlier than the row before them"
        note = note if ups else "rows stood newest first"
        ordered.notes.append(f"{note}; rows are read in the order of time")
    step = np.diff(ticks(ordered.times))
    step[ordered.starts[1:-1] - 1] = 1  # from one series to the next
    repeats = np.flatnonzero(step == 0) + 1
    if not len(repeats):
        return
    differ = differing(ordered.values[repeats], ordered.values[repeats - 1])
    if differ.any():
        _refuse(config, table, ordered, repeats[differ])
    if ordered.parts is not None:
        ordered.notes += _shared(ordered.parts, repeats)
    keep = np.ones(len(ordered.values), bool)
    keep[repeats] = False
    before = np.concatenate([[0], np.cumsum(keep)])
    starts = before[ordered.starts].astype(np.int64)
    ordered.move(np.flatnonzero(keep))
    ordered.starts = starts
    ordered.notes.append(
        f"{len(repeats):,} rows repeat another one of their time in every column that is read; "
        "each is read once"
    )


def _shared(parts: Ints, repeats: Ints) -> list[str]:
    """A note on rows that stand in two parts, which are read as of the one that comes first.

    Args:
        repeats: Places of rows that repeat the row before.
    """
    later = parts[repeats] != parts[repeats - 1]
    if not later.any():
        return []
    return [f"{later.sum():,} rows stand in two parts: they are read in the one that comes first"]


def differing(one: Floats, other: Floats) -> Bools:
    """Which rows of two arrays [rows, columns] differ in a cell; empty cells (NaN) are equal."""
    return np.asarray(((one != other) & ~(np.isnan(one) & np.isnan(other))).any(axis=1))


def _refuse(config: SeriesConfig, table: Table, ordered: Ordered, repeats: Ints) -> None:
    """Say where in the file a time comes twice with different values.

    Args:
        repeats: Places of rows that have the time of the row before and other values.

    Raises:
        DataError: Always.
    """
    row = int(repeats[0])
    places = np.array([row - 1, row]) if ordered.rows is None else ordered.rows[row - 1 : row + 1]
    first, second = sorted(places.tolist())
    name = ordered.names[int(np.searchsorted(ordered.starts, row, side="right")) - 1]
    whose = f" of the series {name!r}" if name else ""
    more = f", and so do {len(repeats) - 1:,} other rows" if len(repeats) > 1 else ""
    hint = "keep one row of each time"
    if config.id is None:
        hint += ", or name the column that tells the series apart in task.id"
    times = ", ".join(map(repr, config.time_columns))
    raise DataError(
        f"{table.place(second)}: {times} repeats the time of another row{whose} "
        f"({table.place(first)}) with other values{more}; {hint}.",
        "task.time",
    )
