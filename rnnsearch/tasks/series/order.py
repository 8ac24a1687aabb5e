"""Rows of a table put series by series and in the order of time; what had to be done is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.files.table import Table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.steps import AT_ONCE, ticks


@dataclass(slots=True)
class Ordered:
    """Rows with each series in one piece, in order of time.

    Attributes:
        values: Float64 [rows, columns].
        times: Datetime64 or numbers [rows]; None without a time column.
        starts: First row of each series, and the number of rows; int64 [series + 1].
        names: Of the series.
        rows: The row of the file that stands at each place; None where they stand as they were.
        notes: What was done to the rows of the file.
    """

    values: Floats
    times: NDArray[Any] | None
    starts: Ints
    names: tuple[str, ...]
    rows: Ints | None
    notes: list[str]

    def move(self, order: Ints) -> None:
        """Take the rows of these places, in this order; where all are taken, in place."""
        if len(order) == len(self.values):
            for column in self.values.T:
                column[:] = column[order]
        else:
            self.values = self.values[order]
        self.times = None if self.times is None else self.times[order]
        self.rows = order if self.rows is None else self.rows[order]


def in_order(config: SeriesConfig, table: Table) -> Ordered:
    """The rows of a table that a task reads; the table's own arrays, changed in place.

    Raises:
        DataError: A time comes twice in a series with different values, or a series to be left
            out is not there.
    """
    ids, names, kept, notes = _chosen(config, table)
    starts = np.array([0, len(ids)], np.int64)
    if len(names) > 1:
        counts = np.bincount(ids, minlength=len(names))
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    found = Ordered(table.values, table.times, starts, names, None, notes)
    if kept is not None:
        found.move(kept)
    if len(names) > 1 and (ids[1:] < ids[:-1]).any():
        found.move(np.argsort(ids, kind="stable"))
    if found.times is not None:
        _rise(config, table, found)
    return found


def _chosen(
    config: SeriesConfig, table: Table
) -> tuple[NDArray[np.int32], tuple[str, ...], Ints | None, list[str]]:
    """Ids, names and rows of the series that are not to be left out; rows are None for all."""
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
    names = tuple(name for name, out in zip(table.names, leave, strict=True) if not out)
    count = int(leave.sum())
    said = ", ".join(name for name, out in zip(table.names, leave, strict=True) if out)
    said = said if len(said) < 80 else said[:77] + "..."
    note = f"{count:,} of {len(leave):,} series are left out, {len(table.ids) - len(kept):,} rows: "
    return ids, names, kept, [note + said]


def _rise(config: SeriesConfig, table: Table, found: Ordered) -> None:
    """Put the rows of each series in the order of time, and take repeated ones once."""
    assert found.times is not None
    downs, same = _steps(ticks(found.times), found.starts)
    if not downs and not same:
        return
    if downs:
        ups = len(found.times) - len(found.starts) + 1 - downs - same
        series = np.repeat(np.arange(len(found.names)), np.diff(found.starts))
        found.move(np.lexsort((ticks(found.times), series)))
        said = "rows stood newest first" if not ups else f"{downs:,} rows were earlier than the row"
        said += "" if not ups else " before them"
        found.notes.append(f"{said}; rows are read in the order of time")
    step = np.diff(ticks(found.times))
    step[found.starts[1:-1] - 1] = 1
    repeats = np.flatnonzero(step == 0) + 1
    if not len(repeats):
        return
    one, other = found.values[repeats], found.values[repeats - 1]
    differ = ((one != other) & ~(np.isnan(one) & np.isnan(other))).any(axis=1)
    if differ.any():
        _refuse(config, table, found, repeats[differ])
    keep = np.ones(len(found.values), bool)
    keep[repeats] = False
    before = np.concatenate([[0], np.cumsum(keep)])
    starts = before[found.starts].astype(np.int64)
    found.move(np.flatnonzero(keep))
    found.starts = starts
    found.notes.append(
        f"{len(repeats):,} rows repeat another one of their time in every column that is read; "
        "each is read once"
    )


def _steps(times: NDArray[Any], starts: Ints) -> tuple[int, int]:
    """How many rows are earlier than the one before in their series, and of the same time."""
    downs = same = 0
    for start in range(0, len(times) - 1, AT_ONCE):
        step = np.diff(times[start : start + AT_ONCE + 1])
        firsts = starts[1:-1] - 1 - start
        step[firsts[(firsts >= 0) & (firsts < len(step))]] = 1  # from one series to the next
        downs, same = downs + int((step < 0).sum()), same + int((step == 0).sum())
    return downs, same


def _refuse(config: SeriesConfig, table: Table, found: Ordered, repeats: Ints) -> None:
    row = int(repeats[0])
    at = (row - 1, row) if found.rows is None else (int(found.rows[row - 1]), int(found.rows[row]))
    first, second = sorted(at)
    name = found.names[int(np.searchsorted(found.starts, row, side="right")) - 1]
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
