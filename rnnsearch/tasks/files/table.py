"""Columns of a CSV or Parquet file as numbers, with a time and an id for each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import compute

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.files.blocks import extent, no_rows
from rnnsearch.tasks.files.columns import family, numbers, texts
from rnnsearch.tasks.files.forms import Forms, Wanted, full_forms, plain_forms, rows_of
from rnnsearch.tasks.files.opened import memory_bytes, opened
from rnnsearch.tasks.files.written.numbers import NumberForm


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a table, in the order of `Wanted`, and its rows in that of the file.

    Attributes:
        values: Float64 [rows, columns]: first those of `Wanted.numbers`, NaN where a cell is empty;
            then those of `Wanted.coded`, as the place of each cell's text in `texts`.
        times: The time of each row, datetime64 in a unit that holds them exactly, or the numbers of
            the time column, int64 or float64; None without a time column.
        ids: The place in `names` of each row's series, int32 [rows]; all 0 without an id column,
            and then a read-only view of one number.
        names: The names of the series, in the order of their first rows; one empty name without an
            id column.
        digest: SHA-256 of the file.
        word_of_row: Of each row the place in `words` of its cell in the dividing column, the one
            that names the part of the row, int32 [rows]; None without such a column.
        words: The distinct cells of that column, in the order of their first rows.
        texts: The distinct cells of each column in `Wanted.coded`, without blanks around them, in
            the order of their first rows; an empty cell has an empty text.
        forms: How the cells are read.
        path: The file; None of a table that was made.
        wanted: The columns that were read of it.
    """

    values: Floats
    times: NDArray[Any] | None
    ids: NDArray[np.int32]
    names: tuple[str, ...]
    digest: str
    forms: Forms = field(default_factory=Forms)
    path: Path | None = None
    wanted: Wanted = field(default_factory=Wanted)
    word_of_row: NDArray[np.int32] | None = None
    words: tuple[str, ...] = ()
    texts: tuple[tuple[str, ...], ...] = ()

    @property
    def dated(self) -> bool:
        """Whether `times` are dates rather than plain numbers."""
        return self.times is not None and self.times.dtype.kind == "M"

    def place(self, row: int) -> str:
        """The place of a row for a message.

        Args:
            row: Counted from 0.
        """
        return f"row {row + 1}" if self.path is None else self.wanted.place(self.path, row)


class _NotPlainError(Exception):
    """A cell behind the first rows is not as plain as these, so that the file is read by form."""


def read_table(path: Path, wanted: Wanted) -> Table:
    """Read the columns that a task needs, and no others.

    The file is read block by block into arrays that are made for all of its rows, so that memory
    holds little more than these columns.

    Raises:
        DataError: Something is wrong with the file; its line and column are named where there are
            any.
    """
    forms = plain_forms(path, wanted)
    if forms is not None:
        try:
            return _read(path, wanted, forms, plain=True)
        except _NotPlainError:
            pass  # the file is read again below, by the forms of all of its rows
    return _read(path, wanted, full_forms(path, wanted))


def _read(path: Path, wanted: Wanted, forms: Forms, *, plain: bool = False) -> Table:
    """Read a table by known forms.

    Args:
        plain: Whether Arrow reads the numbers itself, which the first rows allow.

    Raises:
        _NotPlainError: With `plain`, a later cell is written in another way.
    """
    most, digest = opened(path, lambda: extent(path))
    _check_memory(path, most, wanted)
    values = np.empty((most, len(wanted.numbers) + len(wanted.coded)))
    times: list[NDArray[Any]] = []
    ids = np.empty(most if wanted.id is not None else 0, np.int32)
    known: dict[str, int] = {}
    word_of_row = np.empty(most if wanted.dividing is not None else 0, np.int32)
    words: dict[str, int] = {}
    coded: list[dict[str, int]] = [{} for _ in wanted.coded]
    types = {name: pyarrow.float64() for name in wanted.numbers} if plain else {}
    rows = 0
    try:
        for batch in rows_of(path, wanted, types):
            end = rows + batch.num_rows
            for number, name in enumerate(wanted.numbers):
                values[rows:end, number] = _numbers(path, wanted, batch, name, rows, forms)
            if forms.time is not None:
                try:
                    times.append(_times(path, wanted, batch, rows, forms))
                except DataError as error:
                    if plain:
                        raise _NotPlainError from error
                    raise
            if wanted.id is not None:
                place = f"{path}: the column {wanted.id!r} tells the series apart"
                ids[rows:end] = _coded(batch[wanted.id], known, place)
            if wanted.dividing is not None:
                place = f"{path}: the column {wanted.dividing!r} tells the parts apart"
                word_of_row[rows:end] = _coded(batch[wanted.dividing], words, place)
            for number, name in enumerate(wanted.coded):
                cells = coded_texts(batch[name], coded[number], f"{path}, column {name!r}")
                values[rows:end, len(wanted.numbers) + number] = cells
            rows = end
    except pyarrow.ArrowInvalid as error:
        raise _NotPlainError from error
    if not rows:
        raise no_rows(path)
    return Table(
        values=values[:rows],
        times=np.concatenate(times) if forms.time is not None else None,
        ids=ids[:rows] if wanted.id is not None else np.broadcast_to(np.int32(0), rows),
        names=tuple(known) if wanted.id is not None else ("",),
        digest=digest,
        forms=forms,
        path=path,
        wanted=wanted,
        word_of_row=word_of_row[:rows] if wanted.dividing is not None else None,
        words=tuple(words),
        texts=tuple(map(tuple, coded)),
    )


def _check_memory(path: Path, rows: int, wanted: Wanted) -> None:
    """Refuse a table whose columns do not fit into this machine's memory.

    Each number takes eight bytes as it is read and four as models read it, each time and id eight.
    """
    needed = rows * (12 * len((*wanted.numbers, *wanted.coded)) + 8 * len(wanted.columns))
    memory = memory_bytes()
    if needed > memory:
        raise DataError(
            f"{path}: {rows:,} rows of {len(wanted.columns)} columns take {needed / 2**30:,.0f} "
            f"GiB, and this machine has {memory / 2**30:,.0f} GiB; give fewer rows or columns."
        )


def _numbers(path: Path, wanted: Wanted, batch: Any, name: str, rows: int, forms: Forms) -> Floats:
    column = batch[name]
    form, place = forms.numbers.get(name, NumberForm()), f"{path}, column {name!r}"
    if family(column.type) in ("text", "bytes"):
        cells = form.read(texts(column, place))
    else:
        cells = form.without_empty(numbers(column, place))
    if np.isinf(cells).any():
        place = wanted.place(path, rows + int(np.argmax(np.isinf(cells))))
        raise DataError(f"{place}: the column {name!r} holds an infinite value.")
    return cells


def _times(path: Path, wanted: Wanted, batch: Any, rows: int, forms: Forms) -> NDArray[Any]:
    assert forms.time is not None
    first = batch[wanted.time[0]]
    if family(first.type) == "text" and forms.time.forms[0].order == "ymd" and not forms.time.zoned:
        try:  # Arrow's own reader is faster and reads plain cells
            if len(wanted.time) == 1 and not first.null_count:
                return np.asarray(texts(first, str(path)).cast(pyarrow.timestamp("s")))
        except pyarrow.ArrowInvalid:
            pass

    def place(row: int) -> str:
        columns = ", ".join(map(repr, wanted.time))
        return f"{wanted.place(path, rows + row)}: the column {columns}"

    return forms.time.read([batch[name] for name in wanted.time], place)


def _coded(column: Any, known: dict[str, int], place: str) -> NDArray[np.int32]:
    """The number of the text in each row, such as that of the row's series.

    Args:
        column: The texts of a block of rows.
        known: The numbers of all texts so far; gains those of new ones.
        place: Where the column stands and what it does, for a message.
    """
    coded = texts(column, place).dictionary_encode()
    names = coded.dictionary.to_pylist()
    if coded.null_count or None in names or "" in names:
        raise DataError(f"{place} and has empty cells.")
    codes = [known.setdefault(str(name), len(known)) for name in names]
    return np.asarray(np.array(codes, np.int32)[coded.indices.to_numpy()])


def coded_texts(column: Any, known: dict[str, int], place: str) -> NDArray[np.int32]:
    """The number of the text in each row; blanks around it do not count, and a cell may be empty.

    Args:
        column: An Arrow column of any type that can be written as texts.
        known: The numbers of all texts so far; gains those of new ones.
        place: Where the column stands, for a message.

    Raises:
        DataError: The column holds no texts.
    """
    written = compute.utf8_trim_whitespace(texts(column, place).fill_null(""))
    distinct = written.dictionary_encode()
    codes = [known.setdefault(name, len(known)) for name in distinct.dictionary.to_pylist()]
    return np.asarray(np.array(codes, np.int32)[distinct.indices.to_numpy()])
