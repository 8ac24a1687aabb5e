"""What a person must know of a table before a study runs on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.tasks.series.checks import AT_ONCE

if TYPE_CHECKING:
    from rnnsearch.tasks.series.data import SeriesData

MOST_STEPS = 1_000_000
"""Steps between rows of which the median is taken."""


def notes(data: SeriesData) -> list[str]:
    """Where the parts begin, uneven times, empty cells, and columns that never change."""
    found = _parts(data) + _times(data)
    config = data.config
    columns = (*config.targets, *config.past, *config.known)
    empty = np.isnan(data.values).sum(axis=0)
    found.extend(
        f"{count:,} empty cells in {name!r}: {config.missing}, never scored"
        for name, count in zip(columns, empty.tolist(), strict=True)
        if count
    )
    others = columns[len(config.targets) :]
    for number, name in enumerate(others, len(config.targets)):
        train = [data.scaled[lo:hi, number] for lo, hi in data.bounds["train"]]
        if all(part.min() == part.max() for part in train):
            found.append(f"{name!r} never changes in the training part; it tells a model nothing")
    used = sum(data.rows().values())
    left = len(data.values) - used
    if left:
        found.append(f"{left:,} of {len(data.values):,} rows belong to no part")
    return found


def moment(data: SeriesData, row: int) -> str:
    """A row's time as a person writes it."""
    if data.times is None:
        return f"row {row + 1:,}"
    if not data.dated:
        return f"{data.times[row]:g}"
    text = str(np.datetime64(int(data.times[row]), "s")).replace("T", " ")
    return text.removesuffix(" 00:00:00").removesuffix(":00")


def _parts(data: SeriesData) -> list[str]:
    if len(data.names) > 1:
        shown = ", ".join(data.names[:5]) + (", ..." if len(data.names) > 5 else "")
        return [f"{len(data.names)} series, each split and scaled by itself: {shown}"]
    said = [
        f"{part} from {moment(data, int(rows[0, 0]))} to {moment(data, int(rows[0, 1]) - 1)}"
        for part, rows in data.bounds.items()
    ]
    return ["; ".join(said)]


def _times(data: SeriesData) -> list[str]:
    """Steps that differ by more than a month's length from the commonest."""
    if data.times is None or len(data.times) < 3:
        return []
    between = data.starts[1:-1] - 1
    # The median of some steps, evenly spread, tells the usual one.
    some = np.setdiff1d(
        np.arange(0, len(data.times) - 1, len(data.times) // MOST_STEPS + 1), between
    )
    usual = float(np.median(data.times[some + 1] - data.times[some]))
    # Months and years are of several lengths.
    slack = 0.12 if data.dated and usual >= 27 * 86400 else 1e-3
    odd = 0
    for start in range(0, len(data.times) - 1, AT_ONCE):
        steps = np.diff(data.times[start : start + AT_ONCE + 1])
        here = between - start
        steps[here[(here >= 0) & (here < len(steps))]] = usual
        odd += int((np.abs(steps - usual) > slack * usual).sum())
    if not odd:
        return []
    unit = f"{usual:g} s" if data.dated else f"{usual:g}"
    return [f"{odd:,} steps between rows are not the usual {unit}; rows are taken as evenly spaced"]
