"""The first line of a CSV: its names, delimiter and encoding, or why it names no columns."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.encoding import decoded, marked
from rnnsearch.tasks.files.opened import opened
from rnnsearch.tasks.files.written.times import is_number

LOOKED_AT = 50
"""How many of the first rows the delimiter is chosen by."""

FEWEST_RECORDS = 10
"""So many rows with the same number of cells make a file a table."""

HEADER_BYTES = 1 << 20
"""How many of the first bytes of a file are searched for the line of names."""

DELIMITERS = ";\t|,"
"""Delimiters; of two that divide all rows into as many cells, the first is taken: the commas of
1,5;2,5 are decimal signs."""

DELIMITERS_OF_TEXTS = ",;\t|"
"""The same where texts are read, in which any of these signs may stand."""


Row = tuple[int, list[str]]
"""The line of a file, from 1, on which a row begins, and the row's cells."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a CSV.

    Attributes:
        names: The names of the columns; one without a name is `Unnamed: 0`, by its place, as in
            pandas.
        delimiter: The sign between cells.
        start: The byte of the file at which the rows begin.
        encoding: The name of Python's codec; other than UTF-8 only where a byte order mark says so.
        alike: How many of the first rows were looked at, with that of the names, if all have as
            many cells; else 0.
    """

    names: tuple[str, ...]
    delimiter: str
    start: int
    encoding: str
    alike: int


def header(path: Path, wanted: Sequence[str] = ()) -> Header:
    """The first line of a CSV, with the delimiter that gives the most of the names.

    Args:
        wanted: The columns that are read, where they are known: the names of others may be odd
            then. Without any, the first line must name every column.

    Raises:
        DataError: The file cannot be read, or its first line holds no names.
    """
    raw = opened(path, lambda: _first_bytes(path))
    mark, encoding, _ = marked(raw)
    whole = len(raw) < HEADER_BYTES
    text = decoded(path, raw, whole)
    first = next(iter(StringIO(text, newline="")), "")
    if not (text if wanted else first).strip():
        raise DataError(f"{path}:1: the first line is empty; it must name the columns.")
    rows = {one: _first_rows(path, text, one, whole) for one in DELIMITERS}
    asked = {plain_name(name) for name in wanted}

    def rank(one: str) -> tuple[int, bool, int, bool]:
        cells, even = rows[one][0][1], _even(rows[one])
        return len(asked & set(map(plain_name, cells))), even and len(cells) > 1, len(cells), even

    delimiter = max(DELIMITERS_OF_TEXTS if wanted else DELIMITERS, key=rank)
    cells = rows[delimiter][0][1]
    names = tuple(plain_name(name) or f"Unnamed: {at}" for at, name in enumerate(cells))
    if not wanted or asked - set(names):
        if len(cells) == 1 or not _even(rows[delimiter]):
            _refuse_preamble(path, rows)
        if all(is_number(name) for name in cells):
            raise DataError(
                f"{path}:1: the first line holds numbers, not the names of columns; put one above, "
                f"such as {delimiter.join(f'c{place + 1}' for place in range(min(len(names), 4)))}."
            )
    refuse_twice(f"{path}:1", names, wanted)
    start = len(mark) + len(_through_names(path, text, delimiter).encode(encoding))
    alike = len(rows[delimiter]) if _even(rows[delimiter]) else 0
    return Header(names, delimiter, start, encoding, alike)


def plain_name(name: str) -> str:
    """The name of a column without blanks around it and with single blanks within."""
    return " ".join(name.split())


def looks_like_table(path: Path) -> int:
    """How many columns a file has if its first rows are those of a CSV; 0 if they are not.

    Lines in which no sign stands between cells are a column of numbers, or the lines of a text.
    """
    try:
        layout = header(path)
    except DataError:
        return 0
    if layout.alike <= FEWEST_RECORDS:
        return 0
    if len(layout.names) > 1:
        return len(layout.names)
    text = _first_bytes(path)[layout.start :].decode(layout.encoding, errors="replace")
    return int(all(is_number(line) for line in islice(StringIO(text), LOOKED_AT) if line.strip()))


def _first_rows(path: Path, text: str, delimiter: str, whole: bool) -> list[Row]:
    """The first rows of a CSV that are not empty, with a given delimiter.

    Args:
        text: The beginning of the file.
        whole: Whether that is all of the file, so that its last line is complete.

    Raises:
        DataError: The first line is longer than the text, or a row is no CSV.
    """
    rows = (row for row in csv_rows(path, StringIO(text, newline=""), delimiter) if row[1])
    first_rows = list(islice(rows, LOOKED_AT))
    if not whole and next(rows, None) is None:
        first_rows.pop()
    if not first_rows:
        raise DataError(
            f"{path}:1: the first line does not end within {HEADER_BYTES >> 20} MiB; it must name "
            "the columns."
        )
    return first_rows


def _through_names(path: Path, text: str, delimiter: str) -> str:
    """The text up to the end of the row of names."""
    rows = csv_rows(path, StringIO(text, newline=""), delimiter)
    next(cells for _, cells in rows if cells)
    line, _ = next(rows, (None, None))
    return "".join(islice(StringIO(text, newline=""), None if line is None else line - 1))


def _even(rows: Sequence[Row]) -> bool:
    """Whether all rows have as many cells as the first."""
    return len({len(cells) for _, cells in rows}) == 1


def _refuse_preamble(path: Path, rows: Mapping[str, Sequence[Row]]) -> None:
    """Refuse lines above the line of names: those with fewer cells than the rows that follow.

    Args:
        rows: The first rows, by the delimiter with which they were read.

    Raises:
        DataError: There are such lines; the message has the command that takes them out.
    """
    for delimiter, first_rows in rows.items():
        counts = [len(cells) for _, cells in first_rows]
        last = counts[-1]
        first = next(at for at in range(len(counts)) if set(counts[at:]) == {last})
        if 0 < first < len(counts) - 5 and last > max(counts[:first]):
            line, cells = first_rows[first]
            row = delimiter.join(cells)
            target = shlex.quote(f"{path.stem}.table{path.suffix}")
            if first == 1 and last == counts[0] + 1 > 2:
                raise DataError(
                    f"{path}:1: {counts[0]} names for rows of {last} cells; name every column, "
                    "that of the row names too."
                )
            raise DataError(
                f"{path}:1: the first line must name the columns, and {line - 1} lines stand above "
                f"{row[:60]!r}. Take them out: tail -n +{line} {shlex.quote(str(path))} > {target}"
            )


def csv_rows(
    path: Path, stream: Iterable[str], delimiter: str, strict: bool = False
) -> Iterator[Row]:
    """The rows of a CSV, that of the names first, each with the line on which it begins.

    Args:
        stream: The lines of the file.
        strict: Whether a row with a misplaced quote is refused.

    Raises:
        DataError: A row is no CSV.
    """
    _allow_long_cells()
    reader, line = csv.reader(stream, delimiter=delimiter, strict=strict), 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}:{line}: the row that begins here is no CSV: {error}. A quote inside of a "
            "quoted cell is written twice."
        ) from error


def _allow_long_cells() -> None:
    """Raise the limit of Python's csv module for the length of a cell, 131,072 characters: the
    files here are small enough for this machine's memory."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 30))


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)


def refuse_twice(place: str, names: Sequence[str], wanted: Sequence[str] = ()) -> None:
    """Refuse a name that several columns have.

    Args:
        place: Where the names stand, for the message.
        wanted: The columns that are read; the names of others may repeat. Empty means all.

    Raises:
        DataError: A name stands twice.
    """
    asked = {plain_name(name) for name in wanted} or set(names)
    twice = sorted({name for name in names if names.count(name) > 1} & asked)
    if twice:
        raise DataError(f"{place}: {', '.join(map(repr, twice))} names more than one column.")
