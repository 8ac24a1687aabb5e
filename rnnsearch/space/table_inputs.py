"""What `init` finds in a table beside its numbers: categories, one value a series, the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.space.findings import TableFindings
from rnnsearch.space.roles import called_ahead, called_time, cycles_called
from rnnsearch.space.seasons import usual_step
from rnnsearch.space.time_and_id import Look
from rnnsearch.tasks.files.forms import Wanted
from rnnsearch.tasks.files.table import Table, read_table
from rnnsearch.tasks.series.steps import by_calendar, regular_step

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.tasks.series.order import Ordered

MOST_VALUES = 50
"""A column of texts is taken for a category up to so many different ones."""

ROWS_A_VALUE = 5
"""It is none where there are fewer rows than this for each of them."""

_DAY = 86_400
_CYCLES = (
    *((0, _DAY, "hour", _DAY), (0, 2 * _DAY, "weekday", 7 * _DAY)),
    *((_DAY, 2 * _DAY, "month", 365 * _DAY), (2 * _DAY, 27 * _DAY, "yearday", 365 * _DAY)),
    (27 * _DAY, 100 * _DAY, "month", 365 * _DAY),
)
"""From which step between rows, and below which, in seconds, an input of the calendar is proposed;
and how long its cycle is."""


def find_statics(
    findings: TableFindings, rows: Ordered, cells: dict[str, NDArray[np.float64]]
) -> None:
    """Take columns of numbers that have one value in every series of a panel for statics.

    Args:
        cells: The columns of numbers of the ordered rows, by name.
    """
    if findings.id is None:
        return
    for name in (*findings.past, *findings.known):
        if same_in_series(rows, cells[name]):
            findings.static.append(name)
    findings.past = [name for name in findings.past if name not in findings.static]
    findings.known = [name for name in findings.known if name not in findings.static]
    if findings.static:
        names = ", ".join(map(repr, findings.static))
        findings.notes.append(f"constant within every series: {names} (task.static)")


def same_in_series(rows: Ordered, column: NDArray[np.float64]) -> bool:
    """Whether a column has one value in every series; empty cells are left out.

    Args:
        column: Numbers of the ordered rows, float64 [rows].
    """
    pieces = np.split(column, rows.starts[1:-1])
    filled = [piece[~np.isnan(piece)] for piece in pieces]
    return all(len(piece) and piece.min() == piece.max() for piece in filled)


def find_categories(findings: TableFindings, look: Look) -> None:
    """Take columns of few different texts for categories; others are left out, with a reason."""
    texts = [
        name
        for name, column in findings.columns.items()
        if column.kind == "text" and name not in (*findings.time, findings.id)
    ]
    if not texts:
        return
    table = read_table(
        look.path,
        Wanted(
            time=findings.time,
            id=findings.id,
            date_format=look.answers.date_format if findings.time else None,
            coded=tuple(texts),
        ),
    )
    for number, name in enumerate(texts):
        codes = table.values[:, number].astype(np.int64)
        asked = name in look.answers.known
        why = "" if asked else _no_category(findings, table, name, codes, table.texts[number])
        if why:
            findings.left[name] = why
            continue
        findings.left.pop(name, None)
        findings.categories.append(name)
        if asked or called_ahead(name):
            findings.known_categories.append(name)
        elif findings.id is not None and _constant(codes, table.ids):
            findings.static.append(name)


def _no_category(
    findings: TableFindings, table: Table, name: str, codes: NDArray[np.int64], values: Any
) -> str:
    """Why a column of texts is left out; empty where it is a category."""
    why, count = findings.columns[name].why, len([one for one in values if one])
    if count < 2 or (called_time(name) and count > MOST_VALUES):
        return why
    if count > MOST_VALUES or count * ROWS_A_VALUE > len(codes):
        return f"{why}; {count:,} different texts are no category"
    series = len(table.names)
    pairs = len(np.unique(codes * series + table.ids))
    if findings.id is not None and pairs == series == len(np.unique(codes)):
        return f"names the same series as {findings.id!r}"
    return ""


def _constant(codes: NDArray[np.int64], ids: NDArray[np.int32]) -> bool:
    """Whether the rows of each series all have one code."""
    return len(np.unique(codes.astype(np.int64) * (int(ids.max()) + 1) + ids)) == len(
        np.unique(ids)
    )


def find_spacing(findings: TableFindings, rows: Ordered) -> None:
    """Propose the time between rows as an input where many steps are not the usual one, and they
    do not go by months or working days either."""
    if rows.times is None or regular_step(rows.times, rows.starts) is not None:
        return
    if by_calendar(rows.times[: rows.starts[1]], 1) is None:
        findings.uneven = True
        findings.notes.append(
            "rows are not evenly spaced: the time between them becomes an input (task.spacing); "
            "to resample the file to even rows is the other way"
        )


def find_calendar(findings: TableFindings, times: NDArray[Any] | None) -> None:
    """Propose the inputs of the calendar whose cycles are longer than the step between rows and
    come at least twice, but for those that a column has.

    Args:
        times: Of the rows of one series, in their order.
    """
    if times is None or times.dtype.kind != "M":
        return
    usual = usual_step(times)
    seconds = (times[-1] - times[0]) / np.timedelta64(1, "s")
    had = {one for name in (*findings.known, *findings.categories) for one in cycles_called(name)}
    findings.calendar = [
        name
        for least, most, name, cycle in _CYCLES
        if least <= usual < most and seconds >= 2 * cycle and name not in had
    ]
