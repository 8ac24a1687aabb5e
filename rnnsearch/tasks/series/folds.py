"""The folds of a panel: whole series that are forecast in turn by networks that never saw them.

A held-out series is scaled by the first half of its rows before the test part, and its forecasts
in the second half are scored. So no scaled forecast knows the level of the rows that it predicts,
as it would were the series scaled by all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TypeVar

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.folds import KEY, drawn_folds
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.series.scales import Scales
from rnnsearch.tasks.streams import derive

Data = TypeVar("Data", bound=PreparedSeries)


def dealt(
    config: SeriesConfig, names: Sequence[str], values: Floats, starts: Ints
) -> tuple[Ints, ...]:
    """Deal series to folds at random; those of equal rows into one.

    Args:
        values: [rows, columns].
        starts: First row of each series, and the number of rows.

    Returns:
        The numbers of the series of each fold.

    Raises:
        DataError: There are fewer different series than folds.
    """
    count = config.validation.folds
    keys = [values[lo:hi].tobytes() for lo, hi in pairwise(starts.tolist())]
    folds = drawn_folds(keys, np.zeros(len(names), np.int64), count, derive(0, "folds"))
    different = len(set(keys))
    if different < count:
        fewer = f"ask for at most {KEY}: {different}, or " if different > 1 else ""
        raise DataError(
            f"{config.path}: a fold holds whole series, and there are {different} different ones, "
            f"too few for {count} folds. Series that are few and long are validated on the last "
            f"rows of each: {fewer}leave the folds out; task.validation.windows scores several "
            "origins there.",
            KEY,
        )
    return tuple(folds)


def scored_from(config: SeriesConfig, learned: Ints) -> tuple[Ints, Ints]:
    """Where held-out series are cut in two.

    Args:
        learned: First and last-plus-one row of each series before the test part.

    Returns:
        The rows after those that scale each series, and the first rows that are scored.
    """
    lo, hi = learned.T
    cut = np.maximum((lo + hi) // 2, lo + config.context)
    return cut, cut + config.split.gap


def check_held_out(config: SeriesConfig, values: Floats, name: str) -> None:
    """Refuse a series that its first rows cannot scale.

    Args:
        values: These rows, [rows, columns].
        name: Name of the series.

    Raises:
        DataError: A column has no value there, or a target does not change.
    """
    where = f"in its first {len(values):,} rows, which scale it where a fold holds it out"
    remedy = "Leave the series out (task.skip_series), or validate without folds."
    for number, (column, cells) in enumerate(zip(config.columns, values.T, strict=True)):
        known = cells[np.isfinite(cells)]
        if not len(known):
            raise DataError(
                f"{config.path}: the column {column!r} of the series {name!r} has no value "
                f"{where}. {remedy}",
                KEY,
            )
        if number < len(config.targets) and known.min() == known.max():
            raise DataError(
                f"{config.path}: the column {column!r} of the series {name!r} is {known[0]:g} "
                f"{where}; a constant scales nothing. {remedy}",
                KEY,
            )


def check_folds(data: PreparedSeries) -> None:
    """Refuse a fold in which no target was measured where it is scored.

    Raises:
        DataError: With the names of its series.
    """
    first = scored_from(data.config, data.bounds["train"])[1]
    ends = data.bounds["train"][:, 1]
    for fold in data.fold_numbers:
        rows = np.concatenate([np.arange(first[at], ends[at]) for at in fold.tolist()])
        if not np.isfinite(data.values[rows, : len(data.config.targets)]).any():
            names = ", ".join(data.names[at] for at in fold[:5].tolist())
            raise DataError(
                f"{data.config.path}: no target has a value in the rows on which a fold is scored, "
                f"the second halves of {names}. Take fewer folds, or leave these series out "
                "(task.skip_series).",
                KEY,
            )


def fold_of(data: Data, number: int) -> Data:
    """The panel with the series of one fold as its validation part, and the training rows of all
    others. Rows keep their numbers."""
    config, held = data.config, data.fold_numbers[number]
    learned = data.bounds["train"]
    cut, first = scored_from(config, learned)
    train, val = learned.copy(), np.repeat(learned[:, 1:], 2, axis=1)
    train[held, 1] = learned[held, 0]
    val[held, 0] = first[held]
    scales = Scales(data.scaled, data.center, data.scale, data.spread, data.season).copy()
    for at in held.tolist():
        rows = int(learned[at, 0]), int(cut[at])
        scales.fit(config, data.values, data.starts, at, data.names[at], rows)
    scales.fill()
    return replace(
        data,
        bounds={"train": train, "val": val},
        scaled=scales.scaled,
        center=scales.center,
        scale=scales.scale,
        spread=scales.spread,
        season=scales.season,
        fold_numbers=(),
    )


def folds_note(data: PreparedSeries) -> str:
    """What a person must know of the folds of a panel."""
    count = len(data.fold_numbers)
    coded = ""
    if data.config.coded:
        coded = " Categories and the scales of statics are learned on all folds."
    return (
        f"no validation part: trials are validated on {count} folds of the {len(data.names):,} "
        "series, whole ones. A held-out series is scaled by the first half of its rows before the "
        "test part, and scored on the second half. A trial is "
        f"{count + 1} networks, its metrics are means over the folds, and its model is trained on "
        f"all, each series scaled by all of its rows before the test part.{coded}"
    )
