"""What `init` infers of a table: which column is what, what is left out, and what is unsure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.space.reading import Reading
from rnnsearch.space.roles import (
    Answers,
    is_known,
    likely_target,
)
from rnnsearch.space.seasons import calendar, season, step_in_words
from rnnsearch.space.time_and_id import Look, time_and_id
from rnnsearch.tasks.files.columns import listed
from rnnsearch.tasks.files.survey import Column, survey
from rnnsearch.tasks.files.table import Table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.order import Ordered, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_ROWS = 40


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
    opened = [name for name, one in columns.items() if one.kind == "number" and one.open]
    likely = [name for name in columns if name in opened or not columns[name].counts]
    likely = [name for name in likely if columns[name].kind == "number"]
    if opened and not answers.target and likely_target(likely)[0] in opened:
        found.problem = "a column that is unsure may be the one to forecast."
        return found
    look = Look(path, answers, numbers)
    try:
        time_and_id(found, usable, look)
    except DataError as error:
        found.problem = str(error)
        return found
    _measure(found, look)
    return found


def _measure(found: Reading, look: Look) -> None:
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


def _ordered(found: Reading, look: Look, table: Table) -> tuple[Ordered | None, NDArray[np.int64]]:
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
        raise DataError(
            f"{path} has no column {', '.join(map(repr, absent))}; its "
            f"{listed(list(columns), absent[0])}"
        )
    wrong = [
        name for name in answers.target if columns[name].kind != "number" or columns[name].open
    ]
    if wrong:
        why = columns[wrong[0]].open or columns[wrong[0]].why or "holds times"
        raise DataError(f"{path}: the target {wrong[0]!r} {why}; name a column of numbers.")
