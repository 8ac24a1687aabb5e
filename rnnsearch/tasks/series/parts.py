"""Where the training, validation and test rows of each series lie, and what is read off them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.splits import bounds_of

MOST_NEEDED = 100_000
"""Series of so many rows are not called short."""


def check_sizes(
    config: SeriesConfig, bounds: dict[Part, tuple[int, int]], count: int, name: str
) -> None:
    """Refuse parts that cannot hold a window, or that the series does not have.

    Raises:
        DataError: With the sizes and what would do.
    """
    whose = f"the series {name!r} of {count:,} rows" if name else f"{count:,} rows"
    last = max(end for _, end in bounds.values())
    if last > count:
        raise DataError(
            f"task.split asks for {last:,} rows, gaps included, of {whose}; ask for fewer.",
            "task.split",
        )
    for part, (start, end) in bounds.items():
        rows = end - start
        needed = config.horizon + (config.context if part == "train" else 0)
        rolling = config.validation
        if part == "val" and rolling.windows:
            needed += (rolling.windows - 1) * rolling.stride
        if rows >= needed:
            continue
        why = f"a horizon of {config.horizon}"
        if part == "val" and rolling.windows:
            why = f"{rolling.windows} windows {rolling.stride} rows apart and " + why
        if part == "train":
            why = f"a context of {config.context} and " + why
        remedy = "Give a longer file, a larger share, or a smaller task.horizon"
        raise DataError(
            f"of {whose}, {max(rows, 0):,} fall to the {part} part, too few for {why}: it needs "
            f"{needed:,}. {remedy}{' or task.context' if part == 'train' else ''}.",
            f"task.split.{part}",
        )


def check_windows(data: PreparedSeries) -> None:
    """Refuse rolling windows in which nothing was measured.

    Raises:
        DataError: With the window.
    """
    if not data.config.validation.windows:
        return
    for number, origins in enumerate(data.windows("val"), 1):
        if not np.isfinite(data.truth(origins)).any():
            raise DataError(
                f"window {number} of task.validation has no value of a target; move the windows "
                "by task.validation.stride or task.split.",
                "task.validation",
            )


def part_bounds(
    config: SeriesConfig, names: Sequence[str], starts: Ints
) -> tuple[dict[Part, Ints], dict[int, DataError]]:
    """First and last-plus-one row of each part, int64 [series, 2]; and what is wrong, by series.

    A series that is too short for a part is wrong, and its rows are not to be used.
    """
    bounds: dict[Part, list[tuple[int, int]]] = {}
    wrong: dict[int, DataError] = {}
    for number, (lo, hi) in enumerate(pairwise(starts.tolist())):
        parts = bounds_of(config.split, hi - lo)
        try:
            check_sizes(config, parts, hi - lo, names[number])
        except DataError as error:
            wrong[number] = error
        for part, (start, end) in parts.items():
            bounds.setdefault(part, []).append((lo + start, lo + end))
    return {part: np.array(rows, np.int64) for part, rows in bounds.items()}, wrong


def rows_needed(config: SeriesConfig) -> int:
    """The fewest rows of a series whose parts hold their windows; 0 where no number would do."""
    for rows in range(1, MOST_NEEDED):
        try:
            check_sizes(config, bounds_of(config.split, rows), rows, "")
        except DataError:
            continue
        return rows
    return 0


def season_error(column: Floats, period: int) -> float:
    """The mean absolute change of a column over a season, by which MASE divides.

    Source: Hyndman and Koehler, Another look at measures of forecast accuracy, 2006. Over one row
    where a season changes nothing or is longer than the rows.
    """
    found = 0.0
    for rows in (period, 1):
        if rows < len(column) and not found > 0:
            change = column[rows:] - column[:-rows]
            np.abs(change, out=change)
            known = int(np.isfinite(change).sum())
            found = float(np.nansum(change)) / max(known, 1)
    return found


def fill_forward(values: NDArray[Any], starts: Sequence[int] | Ints) -> None:
    """Empty cells take the value of the row before, in place; those of a series' start stay."""
    for lo, hi in pairwise(starts):
        for column in values[lo:hi].T:
            column[:] = filled(column)


def filled(cells: NDArray[Any]) -> NDArray[Any]:
    """Cells [rows] of a series whose empty ones take the value before; themselves if none is."""
    known = np.isfinite(cells)
    if known.all():
        return cells
    last = np.maximum.accumulate(np.where(known, np.arange(len(cells)), -1))
    return np.where(last >= 0, cells[np.maximum(last, 0)], np.nan)
