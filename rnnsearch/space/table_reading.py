"""What `init` infers of a table: which column is what, what is left out, and what is unsure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.space.findings import TableFindings
from rnnsearch.space.roles import Answers, distinct, is_known, likely_target
from rnnsearch.space.seasons import calendar, season, step_in_words
from rnnsearch.space.table_inputs import (
    find_calendar,
    find_categories,
    find_spacing,
    find_statics,
    same_in_series,
)
from rnnsearch.space.time_and_id import Look, find_time_and_id
from rnnsearch.tasks.files.columns import listed
from rnnsearch.tasks.files.survey import Column, survey
from rnnsearch.tasks.files.table import Table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.order import Ordered, in_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_ROWS = 40
"""A shorter series leaves no validation and test part that say anything."""

FEWEST_IN_FOLDS = 12
"""The same of series that are held out whole, of which no validation part is taken."""

FOLDS = 5
"""So many folds are proposed, of a panel that has two series for each."""


def infer(path: Path, answers: Answers) -> TableFindings:
    """Infer what each column of a table is from names, types and cells.

    Where something keeps the table from being forecast as it stands, the findings end with that
    `problem`.

    Raises:
        DataError: The file cannot be read, or lacks a column that the user named.
    """
    columns = survey(path, answers.decimal, answers.date_format)
    refuse_absent(path, columns, answers)
    _check_names(path, columns, answers)
    findings = TableFindings(columns)
    try:
        look = Look(path, answers, _numbers(findings, path, answers))
        find_time_and_id(findings, look)
        find_categories(findings, look)
        _measure(findings, look)
    except DataError as error:
        findings.problem = str(error)
    return findings


def _numbers(findings: TableFindings, path: Path, answers: Answers) -> list[str]:
    """The columns of numbers that can be used; columns of no use are left out.

    Raises:
        DataError: There are none, or what is to be forecast is unsure.
    """
    columns = findings.columns
    for column in columns.values():
        if column.open:
            option = "--decimal" if column.kind == "number" else "--date-format"
            key = "task.decimal" if column.kind == "number" else "task.date_format"
            findings.unsure.append(f"{column.name!r} {column.open.replace(key, option)}")
            findings.left[column.name] = f"unsure, see {option}"
        elif column.kind not in ("number", "time", "clock"):
            findings.left[column.name] = column.why
    every = [name for name, column in columns.items() if column.kind == "number"]
    numbers = [name for name in every if not columns[name].open]
    if len(numbers) > 1:
        counters = [n for n in numbers if columns[n].counts and n not in answers.columns]
        findings.left |= dict.fromkeys(counters, "counts the rows")
        numbers = [name for name in numbers if name not in counters] or numbers
    if not numbers and findings.unsure:
        raise DataError("what is unsure leaves no column of numbers to forecast.")
    if not numbers:
        text = f"{path.stem}.txt"
        raise DataError(
            f"no column of numbers to forecast (columns: {', '.join(columns)}). To learn it as a "
            "text, character by character, give it the name of one: "
            f"cp {shlex.quote(str(path))} {shlex.quote(text)} && rnnsearch init {shlex.quote(text)}"
        )
    likely = [name for name in every if columns[name].open or not columns[name].counts]
    if not answers.target and likely and columns[likely_target(likely)[0]].open:
        raise DataError("a column that is unsure may be the one to forecast.")
    return numbers


def _measure(findings: TableFindings, look: Look) -> None:
    """Find the target, the roles of other columns, the season and holes of the ordered rows.

    Raises:
        DataError: Nothing changes that could be forecast, or there are too few rows.
    """
    table = look.table(findings.time, findings.id)
    findings.notes += table.forms.notes
    rows = _ordered(findings, look, table)
    cells = dict(zip(table.wanted.numbers, rows.values.T, strict=True))
    varied = _varied(findings, cells)
    known_ahead = look.answers.known
    findings.targets = list(look.answers.target)
    if not findings.targets:
        rest = {name: column for name, column in varied.items() if name not in known_ahead}
        # A number that each series has one of can be told beside it, and not be forecast.
        rest = {name: one for name, one in rest.items() if not same_in_series(rows, one)} or rest
        target, sure = likely_target(_measured(rest or varied))
        findings.targets = [target]
        if not sure and len(varied) > 1:
            findings.unsure.append(
                f"the target is a guess: {target!r}, the last column of numbers; --target NAME"
            )
    others = [name for name in varied if name not in findings.targets]
    findings.known = [name for name in others if name in known_ahead or is_known(name, cells[name])]
    findings.past = [name for name in others if name not in findings.known]
    find_statics(findings, rows, cells)
    lengths = np.diff(rows.starts)
    _leave_series_out(findings, rows, [cells[name] for name in findings.targets])
    kept = [
        number
        for number, name in enumerate(rows.names)
        if name not in findings.skip_series and lengths[number] >= findings.min_rows
    ]
    if not kept:
        raise DataError("no series changes in its training part; there is nothing to forecast.")
    findings.rows = int(lengths[kept].min())
    findings.all_rows, findings.series = int(lengths[kept].sum()), len(kept)
    first = slice(rows.starts[kept[0]], rows.starts[kept[0] + 1])
    train = cells[findings.targets[0]][first][: int(0.7 * lengths[kept[0]])]
    times = None if rows.times is None else rows.times[first]
    findings.step = step_in_words(times)
    findings.period, findings.correlation = season(train, calendar(times))
    find_calendar(findings, times)
    find_spacing(findings, rows)
    read = (*findings.targets, *findings.past, *findings.known)
    empty = np.isnan([cells[name] for name in read])
    if empty.any():
        findings.missing = "mask" if empty[:, rows.starts[:-1]].any() else "ffill"


def _ordered(findings: TableFindings, look: Look, table: Table) -> Ordered:
    """The rows of each series in the order of their times; short series are left out.

    Raises:
        DataError: They cannot be put into an order, or even the longest series is too short.
    """
    config = SeriesConfig(path=str(look.path), time=findings.time or None, id=findings.id)
    try:
        rows = in_order(config, table)
    except DataError:
        if not findings.unsure:
            raise
        # A person is asked for it already; what else can be inferred is, of the rows as they stand.
        whole = np.array([0, len(table.values)], np.int64)
        rows = Ordered(table.values, None, whole, ("",), None, [])
    findings.notes += rows.notes
    lengths = np.diff(rows.starts)
    fewest = FEWEST_ROWS
    folded = int((lengths >= FEWEST_IN_FOLDS).sum()) >= 2 * FOLDS
    if folded and np.median(lengths) < FEWEST_ROWS:
        fewest, findings.folds = FEWEST_IN_FOLDS, FOLDS
    if lengths.max() < fewest:
        what = "rows" if len(lengths) == 1 else "rows in its longest series"
        raise DataError(
            f"{lengths.max()} {what}, too few to hold parts out: at least {FEWEST_ROWS}."
        )
    if short := int((lengths < fewest).sum()):
        findings.min_rows = fewest
        findings.notes.append(
            f"{short:,} of {len(lengths):,} series have fewer than {fewest} rows and are left "
            "out (task.min_rows)"
        )
    return rows


def _varied(
    findings: TableFindings, cells: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """The columns whose numbers change, by name; the others are left out.

    Raises:
        DataError: There are none.
    """
    varied = {}
    for name, column in cells.items():
        values = distinct(column)
        if len(values) == 0:
            findings.left[name] = "is empty"
        elif len(values) == 1:
            findings.left[name] = f"is {values[0]:g} in every row"
        else:
            varied[name] = column
    if not varied:
        raise DataError("no column of numbers ever changes; there is nothing to forecast.")
    return varied


def _measured(cells: Mapping[str, NDArray[np.float64]]) -> Sequence[str]:
    """Columns that are neither known ahead nor of two values; all of them where none is left."""
    measured = [
        name
        for name, column in cells.items()
        if not is_known(name, column) and len(distinct(column)) > 2
    ]
    return measured or list(cells)


def _leave_series_out(
    findings: TableFindings, rows: Ordered, targets: Sequence[NDArray[np.float64]]
) -> None:
    """Name the series of a panel in whose training part some target does not change."""
    if len(rows.names) == 1:
        return
    for name, lo, hi in zip(rows.names, rows.starts[:-1], rows.starts[1:], strict=True):
        train = slice(lo, lo + int(0.7 * (hi - lo)))
        long_enough = hi - lo >= max(findings.min_rows, 1)
        if long_enough and min(len(distinct(target[train])) for target in targets) < 2:
            findings.skip_series.append(name)
    if findings.skip_series:
        findings.notes.append(
            f"{len(findings.skip_series):,} series never change in their training part and are "
            "left out (task.skip_series)"
        )


def refuse_absent(path: Path, columns: Mapping[str, Column], answers: Answers) -> None:
    """Refuse answers that name columns which the file does not have."""
    absent = [name for name in answers.columns if name not in columns]
    if absent:
        raise DataError(
            f"{path} has no column {', '.join(map(repr, absent))}; its "
            f"{listed(list(columns), absent[0])}"
        )


def _check_names(path: Path, columns: Mapping[str, Column], answers: Answers) -> None:
    """Refuse answers that name targets of no numbers."""
    for name in (*answers.target, *answers.known):
        if columns[name].kind == "text" and name in answers.known:
            continue  # a category
        if columns[name].kind != "number" or columns[name].open:
            why = columns[name].open or columns[name].why or "holds times"
            role = "target" if name in answers.target else "known column"
            raise DataError(f"{path}: the {role} {name!r} {why}; name a column of numbers.")
