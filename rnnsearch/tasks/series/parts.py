"""Where the training, validation and test rows of each series lie, and whether they suffice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.splits import TableTimeSplitConfig, bounds_of

MOST_NEEDED = 100_000
"""The longest series that `rows_needed` tries; no series of so many rows is called short."""


def divided(config: SeriesConfig) -> TableTimeSplitConfig:
    """The split by which rows are divided: with folds its training part holds the validation part
    too."""
    split = config.split
    if not config.validation.folds:
        return split
    return replace(split, train=split.train + split.val, val=0.0)


def check_sizes(
    config: SeriesConfig, bounds: dict[Part, tuple[int, int]], count: int, name: str
) -> None:
    """Refuse parts that are too small for a context and a forecast, or that the series lacks.

    Args:
        bounds: First and last-plus-one row of each part.
        count: Rows of the series.
        name: Name of the series; empty for a single one.

    Raises:
        DataError: With the rows that there are and those that are needed.
    """
    whose = f"the series {name!r} of {count:,} rows" if name else f"{count:,} rows"
    last = max(end for _, end in bounds.values())
    if last > count:
        raise DataError(
            f"task.split asks for {last:,} rows, gaps included, of {whose}; ask for fewer.",
            "task.split",
        )
    for part, (start, end) in bounds.items():
        rows, rolling = end - start, config.validation
        needed, why, smaller = config.horizon, f"a horizon of {config.horizon}", "task.horizon"
        if part == "train":
            needed += config.context
            why = f"a context of {config.context} and {why}"
            smaller += " or task.context"
        if part == "train" and config.validation.folds and config.split.gap:
            needed += config.split.gap
            why = f"a gap of {config.split.gap}, {why}"
        if part == "val" and rolling.windows:
            needed += (rolling.windows - 1) * rolling.stride
            why = f"{rolling.windows} windows {rolling.stride} rows apart and {why}"
        if rows < needed:
            raise DataError(
                f"of {whose}, {max(rows, 0):,} fall to the {part} part, too few for {why}: it "
                f"needs {needed:,}. Give a longer file, a larger share, or a smaller {smaller}.",
                f"task.split.{part}",
            )


def check_windows(data: PreparedSeries) -> None:
    """Refuse a rolling validation with a window in which no target was measured.

    Raises:
        DataError: With the number of the window.
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
    config: SeriesConfig,
    names: Sequence[str],
    starts: Ints,
    given: Sequence[dict[Part, tuple[int, int]]] = (),
) -> tuple[dict[Part, Ints], dict[int, DataError]]:
    """Where the parts of every series lie, and which series are too short for them.

    Args:
        names: Names of the series.
        starts: First row of each series, and the number of rows.
        given: The parts of each series, counted from its first row, where no shares decide.

    Returns:
        First and last-plus-one row of each part, int64 [series, 2]; and the error of each series
        that cannot be used, by its number.
    """
    bounds: dict[Part, list[tuple[int, int]]] = {}
    wrong: dict[int, DataError] = {}
    for number, (lo, hi) in enumerate(pairwise(starts.tolist())):
        parts = given[number] if given else bounds_of(divided(config), hi - lo)
        try:
            check_sizes(config, parts, hi - lo, names[number])
        except DataError as error:
            wrong[number] = error
        for part, (start, end) in parts.items():
            bounds.setdefault(part, []).append((lo + start, lo + end))
    return {part: np.array(rows, np.int64) for part, rows in bounds.items()}, wrong


def rows_needed(config: SeriesConfig) -> int:
    """The fewest rows of a series that fill every part; 0 where up to `MOST_NEEDED` do not."""
    for rows in range(1, MOST_NEEDED):
        try:
            check_sizes(config, bounds_of(divided(config), rows), rows, "")
        except DataError:
            continue
        return rows
    return 0
