"""What a table must not be: each mistake with its place, and what to do about it.

Mistakes of the table as a whole are raised where they are found; those of single series are
collected, so that all series of a panel that cannot be used are named at once.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.files.columns import listed
from rnnsearch.tasks.given import is_given
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.parts import rows_needed
from rnnsearch.tasks.series.transforms import filled
from rnnsearch.tasks.splits import column_of

SHOWN = 8
"""How many unusable series a message names with their reasons."""

LISTED = 200
"""Of more series than these, a message leaves the short ones out by their rows, not by name."""


def check_columns(config: SeriesConfig, path: Path, names: Sequence[str]) -> None:
    """Refuse a file that lacks a column which the config names.

    Args:
        path: The file.
        names: The columns that the file has.

    Raises:
        DataError: With every absent column and those that the file has.
    """
    asked = [("time", name) for name in config.time_columns]
    asked += [] if config.id is None else [("id", config.id)]
    dividing = column_of(config.split)
    asked += [] if dividing is None else [("split.column", dividing)]
    for key in ("targets", "past", "known", "static", "categories"):
        asked.extend((key, name) for name in getattr(config, key))
    absent = {name: key for key, name in reversed(asked) if name not in names}
    if not absent:
        return
    first = next(reversed(absent))
    raise DataError(
        f"{path} has no column {', '.join(map(repr, reversed(absent)))}; its "
        f"{listed(names, first)}",
        f"task.{absent[first]}",
    )


def _whose(name: str) -> str:
    """Which series a message is about; nothing where there is a single one, without a name."""
    return f" of the series {name!r}" if name else ""


def check_cells(config: SeriesConfig, values: Floats, starts: Ints, names: Sequence[str]) -> None:
    """Refuse columns that are wholly empty, and empty cells where `task.missing` forbids them.

    Args:
        values: [rows, columns], NaN where a cell is empty.
        starts: First row of each series, and the number of rows.
        names: Names of the series.

    Raises:
        DataError: With the columns, the first such row, and what could be set instead.
    """
    columns = config.columns
    empty = ~np.isfinite(values)
    counts = empty.sum(axis=0)
    wholly = [name for name, count in zip(columns, counts, strict=True) if count == len(values)]
    if wholly:
        raise DataError(
            f"{config.path}: the column {', '.join(map(repr, wholly))} is empty.", "task.targets"
        )
    strict = {"error": columns, "mask": config.known_numbers, "ffill": ()}[config.missing]
    counted = dict(zip(columns, counts.tolist(), strict=True))
    holes = {name: counted[name] for name in strict if counted[name]}
    if not holes:
        return
    listing = ", ".join(
        f"{name!r} ({count:,} cell{'s' if count > 1 else ''})" for name, count in holes.items()
    )
    at = int(np.argmax(empty[:, columns.index(next(iter(holes)))]))
    series = int(np.searchsorted(starts, at, side="right")) - 1
    remedy = "set task.missing to ffill or mask"
    if config.missing == "mask":
        remedy = "a column known ahead is never masked; set task.missing to ffill"
    raise DataError(
        f"{config.path}: empty cells in {listing}, the first in row {at - int(starts[series]) + 1}"
        f"{_whose(names[series])}; {remedy}.",
        "task.missing",
    )


def checked(
    config: SeriesConfig, cells: Floats, column: int, name: str, train: tuple[int, int]
) -> Floats:
    """The cells of one column of a series, with empty ones filled where `missing: ffill` asks.

    Args:
        cells: [rows], NaN where a cell is empty.
        column: The column's number.
        name: Name of the series.
        train: First and last-plus-one row of the training part.

    Raises:
        DataError: The cells teach nothing, or are not what the config needs: a start that nothing
            can fill, a training part without a value or of a constant target, values below 0 of a
            target that is to be transformed.
    """
    column_name = config.columns[column]
    target = column < len(config.targets)
    if config.missing == "ffill":
        cells = filled(cells)
        if not np.isfinite(cells).all():
            raise DataError(
                f"{config.path}: the column {column_name!r}{_whose(name)} begins with empty cells, "
                "which no row before can fill; take these rows out, or set task.missing: mask.",
                "task.missing",
            )
    rows = cells[slice(*train)]
    if not np.isfinite(rows).any():
        raise DataError(
            f"{config.path}: the training part{_whose(name)} has no value of {column_name!r}.",
            "task.targets" if target else "",
        )
    low, high = np.nanmin(rows), np.nanmax(rows)
    if target and low == high:
        raise DataError(
            f"{config.path}: the column {column_name!r}{_whose(name)} is {low:g} in the whole "
            "training part; a constant has nothing to learn. Take the target out, or give the "
            "training part rows in which it changes.",
            "task.targets",
        )
    if target and config.transform != "none" and (cells < 0).any():
        row = int(np.argmax(cells < 0))
        raise DataError(
            f"{config.path}: {config.transform} is for values from 0, and {column_name!r}"
            f"{_whose(name)} is {cells[row]:g} in row {row + 1}; leave task.transform out.",
            "task.transform",
        )
    return cells


def refuse_unfit(
    config: SeriesConfig,
    names: Sequence[str],
    wrong: Mapping[int, DataError],
    rows: Sequence[int],
) -> None:
    """Refuse a table of which some series cannot be used.

    Args:
        names: Names of all series.
        wrong: The errors of the series that cannot be used, by their number.
        rows: How many rows each series has.

    Raises:
        DataError: Of a single series its own error; of a panel one that names all series that
            cannot be used, and the option that leaves them out.
    """
    if not wrong:
        return
    first = next(iter(wrong.values()))
    if len(wrong) == 1 and len(names) == 1:
        raise first
    if len(wrong) == len(names):
        raise DataError(f"none of the {len(names):,} series can be used: {first}", first.key)
    reasons = [str(error).removeprefix(f"{config.path}: ") for error in wrong.values()]
    shown = "\n    ".join(reasons[:SHOWN])
    more = f"\n    and {len(reasons) - SHOWN:,} more" if len(reasons) > SHOWN else ""
    left = {names[at]: rows[at] for at in wrong}
    option = ""
    needed = 0 if is_given(config) else rows_needed(config)
    if len(left) > LISTED and needed:
        option = f" --set task.min_rows={needed}"
        left = {name: count for name, count in left.items() if count >= needed}
    if left:
        listed = json.dumps([*config.skip_series, *left], ensure_ascii=False)
        option += f" --set {shlex.quote(f'task.skip_series={listed}')}"
    raise DataError(
        f"{config.path}: {len(wrong):,} of {len(names):,} series cannot be used:\n    {shown}{more}"
        f"\n    To leave them out add{option}",
        first.key,
    )
