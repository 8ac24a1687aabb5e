"""Which columns of a table hold its time, and which tells its series apart: found by trying."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.space.findings import TableFindings
from rnnsearch.space.roles import Answers, called_time, id_choices, time_choices
from rnnsearch.tasks.files.forms import Wanted
from rnnsearch.tasks.files.table import Table, read_table
from rnnsearch.tasks.series.steps import ticks

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIR_TRIES = 5
"""So many columns are tried in pairs as what tells series apart."""

ID_TRIES = 12
"""So many columns are tried by themselves as the one that tells series apart."""


class Look:
    """The table of a file, read for one choice of time and id after the other.

    Args:
        numbers: Columns of numbers; those that are neither time nor id are read as values.
    """

    def __init__(self, path: Path, answers: Answers, numbers: Sequence[str]) -> None:
        self.path, self.answers, self.numbers = path, answers, numbers
        self.table = lru_cache(maxsize=1)(self._read)  # no more than one table in memory

    def _read(self, time: tuple[str, ...], id: str | None) -> Table:
        own = tuple(name for name in self.numbers if name != id and name not in time)
        date_format = self.answers.date_format if time else None
        return read_table(self.path, Wanted(own, time, id, self.answers.decimal, date_format))

    def repeats(self, time: tuple[str, ...], id: str | None) -> tuple[int, int]:
        """Count the rows that share time and id with another row.

        Returns:
            How many of them have other numbers than that row, and how many there are in all.
        """
        table = self.table(time, id)
        if table.times is None:
            return 0, 0
        order, again = _again(ticks(table.times), table.ids)
        at = np.flatnonzero(again)
        one, other = table.values[order[at]], table.values[order[at + 1]]
        differ = (one != other) & ~(np.isnan(one) & np.isnan(other))
        return int(differ.any(axis=1).sum()), len(at)


def _again(*columns: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Sort rows by columns.

    Returns:
        The row numbers in their order, and for each but the last whether the next row is equal in
        all of the columns.
    """
    order = np.lexsort(columns)
    return order, np.all([np.diff(column[order]) == 0 for column in columns], axis=0)


def find_time_and_id(findings: TableFindings, look: Look) -> None:
    """Choose the columns of the time, and the column of ids where times come again.

    Of several choices for the time, the one under which the fewest rows share a time is taken.

    Raises:
        DataError: The columns that the user named hold no time.
    """
    answers = look.answers
    usable = {name: column for name, column in findings.columns.items() if not column.open}
    choices = [answers.time] if answers.time else time_choices(usable)
    choices = [choice for choice in choices if answers.id not in choice]
    dated = [name for name, column in usable.items() if column.kind in ("time", "clock")]
    if not choices:
        findings.id = answers.id
        opened = [name for name, column in findings.columns.items() if column.kind == "time"]
        if opened:
            # A person is asked for its format already, and the draft does not run without it.
            findings.open_time = opened[0]
            return
        findings.notes.append("no column of times: rows are taken in their order")
        findings.unsure += [
            f"{name!r} {column.why}, which is no time that can be read: --time {shlex.quote(name)} "
            "--date-format PATTERN, such as '%d.%m.%Y %H:%M'"
            for name, column in findings.columns.items()
            if column.kind == "text" and called_time(name)
        ]
        if answers.id is None:
            return
    best: tuple[tuple[str, ...], tuple[int, int]] | None = None
    for choice in choices:
        try:
            left = look.repeats(choice, answers.id)
        except DataError as error:
            if answers.time:
                raise
            if any(name in dated for name in choice):
                findings.notes.append(f"not taken for the time: {error}")
            continue
        if best is None or left < best[1]:
            best = choice, left
        if not left[1]:
            break
    if best is not None:
        findings.time, findings.id = best[0], answers.id
        for name in best[0]:
            findings.left.pop(name, None)
        if best[1][1] and answers.id is None:
            _find_id(findings, look, best[1])
    for name in dated:
        if name not in findings.time:
            findings.left[name] = "another time" if findings.time else usable[name].why or "a time"


def _find_id(findings: TableFindings, look: Look, repeats: tuple[int, int]) -> None:
    """Find the column that tells series apart, where times come again; else ask for it.

    Args:
        repeats: What `Look.repeats` gives without an id.
    """
    conflicts, again = repeats
    for name in id_choices(findings.columns, findings.time)[:ID_TRIES]:
        if findings.columns[name].kind == "number" and len(look.numbers) == 1:
            continue
        try:
            left, same = look.repeats(findings.time, name)
        except DataError:
            continue  # empty cells
        table = look.table(findings.time, name)
        if not left and same < again / 2 and 1 < len(table.names) <= len(table.ids) // 2:
            findings.id = name
            findings.left.pop(name, None)
            findings.notes.append(
                f"times come again, and {name!r} tells {len(table.names):,} series apart"
            )
            return
    if not conflicts:
        return  # rows that are written twice
    pair = _pair(findings, look)
    findings.unsure.append(
        f"{conflicts:,} rows have the time of another row and other numbers, and no column tells "
        "them apart: --id NAME if one does, or --time NAME for another time"
        + (f"; {pair} do together: write one column of both into the file" if pair else "")
    )


def _pair(findings: TableFindings, look: Look) -> str:
    """Two columns that together tell the rows of a time apart, for a hint; empty where none do."""
    choices = id_choices(findings.columns, findings.time)[:PAIR_TRIES]
    try:
        codes = {name: look.table(findings.time, name).ids.copy() for name in choices}
    except DataError:
        return ""
    table = look.table(findings.time, None)
    if table.times is None:
        return ""
    few = [name for name in choices if len(np.unique(codes[name])) <= len(table.ids) // 4]
    for one, other in combinations(few, 2):
        if not _again(ticks(table.times), codes[one], codes[other])[1].any():
            return f"{one!r} and {other!r}"
    return ""
