"""Tables whose parts are given, by a column or by a file for each: which row is of which part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.files.blocks import column_names
from rnnsearch.tasks.files.forms import Wanted
from rnnsearch.tasks.files.table import Table, read_table
from rnnsearch.tasks.given import (
    PARTS,
    column_note,
    files_note,
    joined_digest,
    missing_notes,
    part_files,
    parts_in,
)
from rnnsearch.tasks.series.checks import check_columns
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.steps import moment_text
from rnnsearch.tasks.splits import column_of


@dataclass(frozen=True, eq=False)
class JoinedTable(Table):
    """The tables of several files, one after the other."""

    tables: tuple[Table, ...] = ()

    def place(self, row: int) -> str:
        """See `Table.place`."""
        for table in self.tables:
            if row < len(table.values):
                return table.place(row)
            row -= len(table.values)
        raise IndexError(row)


def read_parts(config: SeriesConfig) -> tuple[Table, Ints | None, list[str]]:
    """The table of a config, the number in `PARTS` of each row's part, and notes on the parts.

    Where neither a column nor files give the parts there are no numbers and no notes.

    Raises:
        DataError: Something is wrong with a file, or a column says what is no part.
    """
    wanted = Wanted(
        numbers=(*config.columns, *config.static_numbers),
        time=config.time_columns,
        id=config.id,
        decimal=config.decimal,
        date_format=config.date_format,
        empty_values=config.empty_values,
        dividing=column_of(config.split),
        coded=config.categories,
        codable=(*config.past_numbers, *config.known_numbers, *config.static_numbers),
    )
    files, folds = part_files(config), config.validation.folds
    tables: dict[Part, Table] = {}
    for part, path in files.items():
        check_columns(config, path, column_names(path))
        tables[part] = read_table(path, wanted)
    if len(tables) > 1:
        rows = [np.full(len(table.values), PARTS.index(part)) for part, table in tables.items()]
        notes = missing_notes(list(tables), config.split, "its last rows", folds)
        notes = [files_note(files), *notes]
        return _joined(list(tables.values()), list(files.values())), np.concatenate(rows), notes
    table = tables["train"]
    if table.word_of_row is None or wanted.dividing is None:
        return table, None, []
    word_of_row = table.word_of_row
    named = parts_in(
        table.words, wanted.dividing, lambda word: table.place(int(np.argmax(word_of_row == word)))
    )
    present = [part for part in PARTS if part in named]
    notes = [column_note(table.words, wanted.dividing)]
    notes += missing_notes(present, config.split, "the last rows of each series", folds)
    return table, np.array([PARTS.index(part) for part in named])[word_of_row], notes


def _joined(tables: Sequence[Table], paths: Sequence[Path]) -> JoinedTable:
    """Tables of the same columns as one.

    Raises:
        DataError: Their cells are written in different ways.
    """
    first = tables[0]
    for table, path in zip(tables[1:], paths[1:], strict=True):
        if table.forms.to_json() != first.forms.to_json() or table.dated != first.dated:
            raise DataError(
                f"{paths[0]} and {path} write their times or numbers in different ways, so that "
                "one model cannot read both; write them alike, or say task.date_format and "
                "task.decimal."
            )
    names = {name: None for table in tables for name in table.names}
    places = {name: number for number, name in enumerate(names)}
    ids = [np.array([places[name] for name in one.names], np.int32)[one.ids] for one in tables]
    times = [table.times for table in tables if table.times is not None]
    values = np.concatenate([table.values for table in tables])
    return JoinedTable(
        values=values,
        times=np.concatenate(times) if times else None,
        ids=np.concatenate(ids),
        names=tuple(names),
        digest=joined_digest([table.digest for table in tables]),
        forms=first.forms,
        wanted=first.wanted,
        tables=tuple(tables),
        texts=_one_code(tables, values),
    )


def _one_code(tables: Sequence[Table], values: Floats) -> tuple[tuple[str, ...], ...]:
    """Give the texts of the tables' coded columns one number in all of them.

    Args:
        values: The rows of the tables, one after the other; changed in place.

    Returns:
        The texts of each column, as `Table.texts`.
    """
    ends = np.cumsum([len(table.values) for table in tables])
    first = len(tables[0].wanted.numbers)
    joined = []
    for column in range(len(tables[0].wanted.coded)):
        known: dict[str, int] = {}
        for table, rows in zip(tables, np.split(values[:, first + column], ends[:-1]), strict=True):
            own = np.array([known.setdefault(one, len(known)) for one in table.texts[column]])
            rows[:] = own[rows.astype(np.int64)]
        joined.append(tuple(known))
    return tuple(joined)


def given_bounds(
    config: SeriesConfig, names: Sequence[str], starts: Ints, parts: Ints, times: object
) -> list[dict[Part, tuple[int, int]]]:
    """First and last-plus-one row of each part of each series, counted from the series' first row.

    Where no row is given to the validation part, that is the end of each series' training part.

    Args:
        parts: The number in `PARTS` of each row's part, series by series and in the order of time.
        times: The times of the rows, for messages, or None.

    Raises:
        DataError: A row comes after a row of a later part.
    """
    if config.validation.folds:  # train holds val too
        parts = np.where(parts == PARTS.index("val"), PARTS.index("train"), parts)
    present = [number for number in range(len(PARTS)) if (parts == number).any()]
    bounds_of_series: list[dict[Part, tuple[int, int]]] = []
    for number, (lo, hi) in enumerate(pairwise(starts.tolist())):
        own = parts[lo:hi]
        back = np.flatnonzero(np.diff(own) < 0)
        if len(back):
            raise DataError(
                _backwards(config, names[number], own, int(back[0]) + 1, lo, times),
                "task.split.column" if column_of(config.split) else "task.val_path",
            )
        ends = np.searchsorted(own, range(len(PARTS)), side="right").tolist()
        begins = [0, *ends[:-1]]
        bounds: dict[Part, tuple[int, int]] = {PARTS[at]: (begins[at], ends[at]) for at in present}
        if "val" not in bounds and not config.validation.folds:
            end = ends[0]
            cut = end - int(end * config.split.val + 1e-6)
            bounds |= {"train": (0, cut), "val": (cut, end)}
        bounds_of_series.append({part: bounds[part] for part in PARTS if part in bounds})
    return bounds_of_series


def _backwards(
    config: SeriesConfig, name: str, own: Ints, row: int, first: int, times: object
) -> str:
    """The message about a row that comes after a row of a later part.

    Args:
        own: The parts of the rows of a series.
        row: The place in it of that row.
        first: The place of the series' first row in the table.
    """
    whose = f" of the series {name!r}" if name else ""
    at = f"row {row + 1}"
    if isinstance(times, np.ndarray):
        at = moment_text(times[first + row])
    return (
        f"{config.path}: the row{whose} at {at} is of the {PARTS[own[row]]} part and comes after "
        f"one of the {PARTS[own[row - 1]]} part. Rows to forecast come after those to learn from: "
        "in each series train, then val, then test."
    )
