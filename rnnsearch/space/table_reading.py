"""What `init` infers of a table: which column is what, what is left out, and what is unsure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.space.roles import (
    Answers,
    called_time,
    id_choices,
    is_known,
    likely_target,
    time_choices,
)
from rnnsearch.space.seasons import calendar, season, step_in_words
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.order import Ordered, in_order
from rnnsearch.tasks.series.steps import ticks
from rnnsearch.tasks.series.survey import Column, survey
from rnnsearch.tasks.series.table import Table, read_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_ROWS = 40
PAIR_TRIES = 5
"""Of so many columns pairs are tried."""

ID_TRIES = 12
"""So many columns are tried as the one that tells series apart."""


@dataclass(slots=True)
class Reading:
    """What was inferred of a table.

    Attributes:
        columns: All of them.
        time: Columns that hold the time together; empty for the order of the rows.
        left: Columns that are left out, and why.
        said: What was read in a certain way, and what was done to rows.
        unsure: What the user should say, with the option that says it.
        open_time: A column of dates that leave day and month open; empty for none.
        problem: Why nothing can be forecast as it stands; empty where it can.
        step: The usual time between two rows, in words.
        rows: Of the shortest series.
        period: Rows of a season; 1 for none.
        missing: As `task.missing`.
        skip_series: Series that teach nothing.
        min_rows: Shorter series are left out; 0 for none.
    """

    columns: Mapping[str, Column]
    time: tuple[str, ...] = ()
    id: str | None = None
    targets: list[str] = field(default_factory=list)
    past: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)
    open_time: str = ""
    problem: str = ""
    step: str = "a row"
    rows: int = 0
    all_rows: int = 0
    series: int = 1
    period: int = 1
    correlation: float = 0.0
    missing: str = "error"
    skip_series: list[str] = field(default_factory=list)
    min_rows: int = 0


def infer(path: Path, answers: Answers) -> Reading:
    """Infer what each column is from names, types and cells.

    Raises:
        DataError: The file cannot be read, or lacks a column that the user named.
    """
    columns = survey(path, answers.decimal, answers.date_format)
    _check_names(path, columns, answers)
    found = Reading(columns)
    for column in columns.values():
        if column.open:
            option = "--decimal" if column.kind == "number" else "--date-format"
            key = "task.decimal" if column.kind == "number" else "task.date_format"
            found.unsure.append(f"{column.name!r} {column.open.replace(key, option)}")
            found.left[column.name] = f"unsure, see {option}"
        elif column.kind not in ("number", "time", "clock"):
            found.left[column.name] = column.why
    usable = {name: column for name, column in columns.items() if not column.open}
    numbers = [name for name, column in usable.items() if column.kind == "number"]
    if len(numbers) > 1:
        counters = [n for n in numbers if usable[n].counts and n not in answers.columns]
        found.left |= dict.fromkeys(counters, "counts the rows")
        numbers = [name for name in numbers if name not in counters] or numbers
    if not numbers and found.unsure:
        found.problem = "what is unsure leaves no column of numbers to forecast."
        return found
    if not numbers:
        text = f"{path.stem}.txt"
        found.problem = (
            f"no column of numbers to forecast (columns: {', '.join(columns)}). To learn it as a "
            "text, character by character, give it the name of one: "
            f"cp {shlex.quote(str(path))} {shlex.quote(text)} && rnnsearch init {shlex.quote(text)}"
        )
        return found
    look = _Look(path, answers, numbers)
    try:
        _time_and_id(found, usable, look)
    except DataError as error:
        found.problem = str(error)
        return found
    _measure(found, look)
    return found


class _Look:
    """The table read in several ways, each once."""

    def __init__(self, path: Path, answers: Answers, numbers: Sequence[str]) -> None:
        self.path, self.answers, self.numbers = path, answers, numbers
        self._read: dict[tuple[Any, ...], Table] = {}

    def table(self, time: tuple[str, ...], id: str | None) -> Table:
        """All numbers that are neither time nor id."""
        own = tuple(name for name in self.numbers if name != id and name not in time)
        if (time, id) not in self._read:
            self._read.clear()  # no more than one table in memory
            self._read[time, id] = read_table(
                self.path,
                own,
                time=time or None,
                id=id,
                decimal=self.answers.decimal,
                date_format=self.answers.date_format if time else None,
            )
        return self._read[time, id]

    def repeats(self, time: tuple[str, ...], id: str | None) -> tuple[int, int]:
        """Rows that share time and id with another one: with other numbers, and in all."""
        table = self.table(time, id)
        if table.times is None:
            return 0, 0
        order = np.lexsort((ticks(table.times), table.ids))
        same = np.diff(ticks(table.times)[order]) == 0
        same &= np.diff(table.ids[order]) == 0
        at = np.flatnonzero(same)
        one, other = table.values[order[at]], table.values[order[at + 1]]
        differ = (one != other) & ~(np.isnan(one) & np.isnan(other))
        return int(differ.any(axis=1).sum()), len(at)


def _time_and_id(found: Reading, usable: Mapping[str, Column], look: _Look) -> None:
    answers = look.answers
    choices = [answers.time] if answers.time else time_choices(usable)
    choices = [choice for choice in choices if answers.id not in choice]
    dated = [name for name, column in usable.items() if column.kind in ("time", "clock")]
    if not choices:
        found.id = answers.id
        opened = [name for name, column in found.columns.items() if column.kind == "time"]
        if opened:
            # Asked for already. The draft keeps the column, so that nothing runs before the answer.
            found.open_time = opened[0]
            return
        found.said.append("no column of times: rows are taken in their order")
        found.unsure += [
            f"{name!r} {column.why}, which is no time that can be read: --time {shlex.quote(name)} "
            "--date-format PATTERN, such as '%d.%m.%Y %H:%M'"
            for name, column in found.columns.items()
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
                found.said.append(f"not taken for the time: {error}")
            continue
        if best is None or left < best[1]:
            best = choice, left
        if not left[1]:
            break
    if best is not None:
        found.time, found.id = best[0], answers.id
        for name in best[0]:
            found.left.pop(name, None)
        if best[1][1] and answers.id is None:
            _id(found, look, best[1])
    for name in dated:
        if name not in found.time:
            found.left[name] = "another time" if found.time else usable[name].why or "a time"


def _id(found: Reading, look: _Look, repeats: tuple[int, int]) -> None:
    """The column that tells series apart, of rows whose times come again."""
    conflicts, again = repeats
    for name in id_choices(found.columns, found.time)[:ID_TRIES]:
        if found.columns[name].kind == "number" and len(look.numbers) == 1:
            continue
        try:
            left, same = look.repeats(found.time, name)
        except DataError:
            continue  # empty cells
        table = look.table(found.time, name)
        if not left and same < again / 2 and 1 < len(table.names) <= len(table.ids) // 2:
            found.id = name
            found.left.pop(name, None)
            found.said.append(
                f"times come again, and {name!r} tells {len(table.names):,} series apart"
            )
            return
    if not conflicts:
        return  # rows that are written twice
    pair = _pair(found, look)
    found.unsure.append(
        f"{conflicts:,} rows have the time of another row and other numbers, and no column tells "
        "them apart: --id NAME if one does, or --time NAME for another time"
        + (f"; {pair} do together: write one column of both into the file" if pair else "")
    )


def _pair(found: Reading, look: _Look) -> str:
    """Two columns that tell the rows of a time apart together; empty where none do."""
    choices = id_choices(found.columns, found.time)[:PAIR_TRIES]
    try:
        codes = {name: look.table(found.time, name).ids.copy() for name in choices}
    except DataError:
        return ""
    table = look.table(found.time, None)
    if table.times is None:
        return ""
    few = [name for name in choices if len(np.unique(codes[name])) <= len(table.ids) // 4]
    for one, other in combinations(few, 2):
        order = np.lexsort((ticks(table.times), codes[one], codes[other]))
        same = np.ones(len(order) - 1, bool)
        for column in (ticks(table.times), codes[one], codes[other]):
            same &= np.diff(column[order]) == 0
        if not same.any():
            return f"{one!r} and {other!r}"
    return ""


def _measure(found: Reading, look: _Look) -> None:
    """Target, other columns, season and holes of the rows in their order."""
    table = look.table(found.time, found.id)
    own = list(table.wanted.numbers)
    found.said += table.forms.notes
    rows, counts = _ordered(found, look, table)
    if rows is None:
        return
    values = rows.values
    varied = _varied(found, own, values)
    if not varied:
        found.problem = "no column of numbers ever changes; there is nothing to forecast."
        return
    answers = look.answers
    if answers.target:
        found.targets = list(answers.target)
    else:
        target, sure = likely_target(_measured(varied, own, values))
        found.targets = [target]
        if not sure and len(varied) > 1:
            found.unsure.append(
                f"the target is a guess: {target!r}, the last column of numbers; --target NAME"
            )
    others = [name for name in varied if name not in found.targets]
    found.known = [name for name in others if is_known(name, values[:, own.index(name)])]
    found.past = [name for name in others if name not in found.known]
    at = [own.index(name) for name in (*found.targets, *others)]
    _leave_series_out(found, rows, values[:, at[: len(found.targets)]])
    kept = [number for number, name in enumerate(rows.names) if name not in found.skip_series]
    kept = [number for number in kept if counts[number] >= found.min_rows]
    if not kept:
        found.problem = "no series changes in its training part; there is nothing to forecast."
        return
    found.rows = int(counts[kept].min())
    found.all_rows, found.series = int(counts[kept].sum()), len(kept)
    lo, hi = rows.starts[kept[0]], rows.starts[kept[0] + 1]
    first = values[lo:hi, at[0]]
    times = None if rows.times is None else rows.times[lo:hi]
    found.step = step_in_words(times)
    found.period, found.correlation = season(first[: int(0.7 * len(first))], calendar(times))
    found.missing = _missing(values[:, at], rows.starts)


def _ordered(found: Reading, look: _Look, table: Table) -> tuple[Ordered | None, NDArray[np.int64]]:
    config = SeriesConfig(path=str(look.path), time=found.time or None, id=found.id)
    try:
        rows = in_order(config, table)
    except DataError as error:
        if not found.unsure:
            found.problem = str(error)
            return None, np.zeros(0, np.int64)
        # Asked for already; what else can be inferred is, of the rows as they stand.
        whole = np.array([0, len(table.values)], np.int64)
        rows = Ordered(table.values, None, whole, ("",), None, [])
    found.said += rows.notes
    counts = np.diff(rows.starts)
    if counts.max() < FEWEST_ROWS:
        what = "rows" if len(counts) == 1 else "rows in its longest series"
        found.problem = f"{counts.max()} {what}, too few to hold parts out: at least {FEWEST_ROWS}."
        return None, counts
    if counts.min() < FEWEST_ROWS:
        short = int((counts < FEWEST_ROWS).sum())
        found.min_rows = FEWEST_ROWS
        found.said.append(
            f"{short:,} of {len(counts):,} series have fewer than {FEWEST_ROWS} rows and are left "
            "out (task.min_rows)"
        )
    return rows, counts


def _varied(found: Reading, own: Sequence[str], values: NDArray[np.float64]) -> list[str]:
    """Columns of numbers that change; the others are left out."""
    varied = []
    for at, name in enumerate(own):
        cells = values[:, at]
        known = cells[np.isfinite(cells)]
        if not len(known):
            found.left[name] = "is empty"
        elif known.min() == known.max():
            found.left[name] = f"is {known[0]:g} in every row"
        else:
            varied.append(name)
    return varied


def _measured(
    varied: Sequence[str], own: Sequence[str], values: NDArray[np.float64]
) -> Sequence[str]:
    """Columns that are neither known ahead nor of two values; all of them where none is left."""
    found = []
    for name in varied:
        cells = values[:, own.index(name)]
        if not is_known(name, cells) and len(np.unique(cells[np.isfinite(cells)])) > 2:
            found.append(name)
    return found or varied


def _leave_series_out(found: Reading, rows: Ordered, targets: NDArray[np.float64]) -> None:
    """Name the series of a panel whose targets do not change in their training part."""
    if len(rows.names) == 1:
        return
    for name, lo, hi in zip(rows.names, rows.starts[:-1], rows.starts[1:], strict=True):
        if hi - lo < max(found.min_rows, 1):
            continue
        train = targets[lo : lo + int(0.7 * (hi - lo))]
        known = np.isfinite(train)
        spans = [len(np.unique(train[known[:, at], at])) for at in range(train.shape[1])]
        if min(spans) < 2:
            found.skip_series.append(name)
    if found.skip_series:
        found.said.append(
            f"{len(found.skip_series):,} series never change in their training part and are left "
            "out (task.skip_series)"
        )


def _missing(values: NDArray[np.float64], starts: NDArray[np.int64]) -> str:
    empty = np.isnan(values)
    if not empty.any():
        return "error"
    return "mask" if empty[starts[:-1]].any() else "ffill"


def _check_names(path: Path, columns: Mapping[str, Column], answers: Answers) -> None:
    absent = [name for name in answers.columns if name not in columns]
    if absent:
        close = get_close_matches(absent[0], columns, n=1)
        raise DataError(
            f"{path} has no column {', '.join(map(repr, absent))}; its columns are "
            f"{', '.join(map(repr, columns))}." + (f" Did you mean {close[0]!r}?" if close else "")
        )
    wrong = [
        name for name in answers.target if columns[name].kind != "number" or columns[name].open
    ]
    if wrong:
        why = columns[wrong[0]].open or columns[wrong[0]].why or "holds times"
        raise DataError(f"{path}: the target {wrong[0]!r} {why}; name a column of numbers.")
