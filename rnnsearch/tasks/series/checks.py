"""What a table must not be: each mistake with its place, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.files.columns import listed
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.parts import filled


def check_columns(config: SeriesConfig, names: Sequence[str]) -> None:
    """Every column that the file lacks, each with the key that asks for it."""
    asked = [("time", name) for name in config.time_columns]
    asked += [] if config.id is None else [("id", config.id)]
    for key in ("targets", "past", "known"):
        asked.extend((key, name) for name in getattr(config, key))
    absent = [(key, name) for key, name in asked if name not in names]
    if not absent:
        return
    raise DataError(
        f"{config.path} has no column {', '.join(repr(name) for _, name in absent)}; its "
        f"{listed(names, absent[0][1])}",
        f"task.{absent[0][0]}",
    )


def _whose(name: str) -> str:
    return f" of the series {name!r}" if name else ""


def check_cells(config: SeriesConfig, values: Floats, starts: Ints, names: Sequence[str]) -> None:
    """Empty columns always, empty cells where they may not be."""
    columns = (*config.targets, *config.past, *config.known)
    empty = ~np.isfinite(values)
    counts = empty.sum(axis=0)
    wholly = [name for name, count in zip(columns, counts, strict=True) if count == len(values)]
    if wholly:
        raise DataError(
            f"{config.path}: the column {', '.join(map(repr, wholly))} is empty.", "task.targets"
        )
    strict = columns if config.missing == "error" else config.known
    if config.missing == "ffill":
        strict = ()
    holes = {name: int(counts[columns.index(name)]) for name in strict}
    holes = {name: count for name, count in holes.items() if count}
    if not holes:
        return
    said = ", ".join(
        f"{name!r} ({count:,} cell{'s' if count > 1 else ''})" for name, count in holes.items()
    )
    at = int(np.argmax(empty[:, columns.index(next(iter(holes)))]))
    series = int(np.searchsorted(starts, at, side="right")) - 1
    remedy = "set task.missing to ffill or mask"
    if config.missing == "mask":
        remedy = "a column known ahead is never masked; set task.missing to ffill"
    raise DataError(
        f"{config.path}: empty cells in {said}, the first in row {at - int(starts[series]) + 1}"
        f"{_whose(names[series])}; {remedy}.",
        "task.missing",
    )


def checked(
    config: SeriesConfig, cells: Floats, column: int, name: str, train: tuple[int, int]
) -> Floats:
    """The cells of one column of a series, filled where that is asked for.

    Args:
        train: First and last-plus-one row of the training part.

    Raises:
        DataError: They teach nothing, or are not what the config needs: a start that nothing can
            fill, a training part without a value or of a constant target, values below 0 of a
            target that is to be transformed.
    """
    said = (*config.targets, *config.past, *config.known)[column]
    target = column < len(config.targets)
    if config.missing == "ffill":
        cells = filled(cells)
        if not np.isfinite(cells).all():
            raise DataError(
                f"{config.path}: the column {said!r}{_whose(name)} begins with empty cells, "
                "which no row before can fill; take these rows out, or set task.missing: mask.",
                "task.missing",
            )
    rows = cells[slice(*train)]
    if not np.isfinite(rows).any():
        raise DataError(
            f"{config.path}: the training part{_whose(name)} has no value of {said!r}.",
            "task.targets" if target else "",
        )
    low, high = np.nanmin(rows), np.nanmax(rows)
    if target and low == high:
        raise DataError(
            f"{config.path}: the column {said!r}{_whose(name)} is {low:g} in the whole "
            "training part; a constant has nothing to learn. Take the target out, or give the "
            "training part rows in which it changes.",
            "task.targets",
        )
    if target and config.transform != "none" and (cells < 0).any():
        row = int(np.argmax(cells < 0))
        raise DataError(
            f"{config.path}: {config.transform} is for values from 0, and {said!r}"
            f"{_whose(name)} is {cells[row]:g} in row {row + 1}; leave task.transform out.",
            "task.transform",
        )
    return cells
