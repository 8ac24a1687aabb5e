"""What a person must know of a table before a study runs on it, as lines of text."""

from __future__ import annotations

import numpy as np

from rnnsearch.tasks.series.folds import folds_note
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.series.steps import moment_text, odd_steps, step_text, usual_step

MARKS = (
    *(-1, -9, -99, -99.9, -200, -999, -999.9, -9999, -9999.9, -99999),
    *(99.9, 999, 999.9, 9999, 9999.9, 99999, 999999),
)
"""Numbers that measuring devices and tables write where nothing was measured."""


def notes_of(data: PreparedSeries) -> list[str]:
    """Lines on where the parts begin, how cells are read, uneven times, and odd columns."""
    notes = [*_parts(data), *data.forms.notes, *data.reordered, *_times(data), *data.input_notes]
    config, columns = data.config, data.config.columns
    empty = np.isnan(data.values).sum(axis=0)
    notes.extend(
        f"{count:,} empty cells in {name!r}: {config.missing}, never scored"
        for name, count in zip(columns, empty.tolist(), strict=True)
        if count
    )
    notes.extend(_marks(data))
    for number, name in enumerate(columns[len(config.targets) :], len(config.targets)):
        train = [data.scaled[lo:hi, number] for lo, hi in data.bounds["train"]]
        if all(part.min() == part.max() for part in train):
            notes.append(f"{name!r} never changes in the training part; it tells a model nothing")
    if data.fold_numbers:
        notes.append(folds_note(data))
    if left := len(data.values) - sum(data.rows().values()):
        notes.append(f"{left:,} of {len(data.values):,} rows belong to no part")
    return notes


def _marks(data: PreparedSeries) -> list[str]:
    """Lines on numbers of `MARKS` far from all others, which may stand for an empty cell.

    Nobody can know whether they do, so they are read as the numbers that they are.
    """
    notes = []
    for name, cells in zip(data.config.columns, data.values.T, strict=True):
        known = np.unique(cells[np.isfinite(cells)])
        if len(known) < 4:
            continue
        for mark, rest in ((known[0], known[1:]), (known[-1], known[:-1])):
            count = int((cells == mark).sum())
            far = min(abs(mark - rest[0]), abs(mark - rest[-1])) > (rest[-1] - rest[0]) / 2
            if mark in MARKS and count > 1 and far:
                notes.append(
                    f"{name!r} is {mark:g} in {count:,} rows, far from all others; if that means "
                    f"an empty cell: --set 'task.empty_values=[{mark:g}]' --set task.missing=ffill"
                )
    return notes


def moment(data: PreparedSeries, row: int) -> str:
    """The time of a row as a person writes it, or the row's number where there are no times."""
    return f"row {row + 1:,}" if data.times is None else moment_text(data.times[row])


def _parts(data: PreparedSeries) -> list[str]:
    """A line with the first and last row of each part; of a panel, with the names of its series."""
    if len(data.names) > 1:
        shown = ", ".join(data.names[:5]) + (", ..." if len(data.names) > 5 else "")
        return [f"{len(data.names)} series, each split and scaled by itself: {shown}"]
    parts = [
        f"{part} from {moment(data, int(rows[0, 0]))} to {moment(data, int(rows[0, 1]) - 1)}"
        for part, rows in data.bounds.items()
    ]
    return ["; ".join(parts)]


def _times(data: PreparedSeries) -> list[str]:
    """A line on how many steps between rows are not the usual one, where there are such."""
    if data.times is None or len(data.times) < 3:
        return []
    if data.inputs.usual is not None:
        step = step_text(data.inputs.usual, data.dated)
        return [f"the time since the row before is an input, in steps of {step}; errors are a row"]
    usual = usual_step(data.times, data.starts)
    if usual is None or not (odd := odd_steps(data.times, data.starts, usual)):
        return []
    step = step_text(usual, data.dated)
    return [
        f"{odd:,} steps between rows are not the usual {step}; rows are taken as evenly spaced. To "
        "have the time between them read, add --set task.spacing=given; or resample the file to "
        "even rows"
    ]
