"""Columns of a CSV or Parquet file as text, with the place of each row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.columns import texts
from rnnsearch.tasks.files.data_file import read_data
from rnnsearch.tasks.files.opened import is_parquet
from rnnsearch.tasks.files.texts import read_text

DELIMITERS = ",;\t|"
LONGEST_CELL = 1 << 30
"""Python's csv refuses cells above 131,072 characters unless it is told."""
LOOKED_AT = 1 << 20
"""Characters of a file in which its header is looked for."""


@dataclass(frozen=True, slots=True)
class Table:
    """Some columns of a table.

    Attributes:
        path: Where it came from.
        columns: Stripped cells by the column's name, all of one length.
        lines: The line of a CSV on which each row begins; of Parquet, the number of the row.
        raw: The whole file.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    raw: bytes

    def place(self, row: int, column: str) -> str:
        """Where a cell stands, for a message."""
        return f"{_place_of(self.path, self.lines[row])}: column {column!r}"


def read_table(path: Path, wanted: Sequence[str], hint: str = "") -> Table:
    """Read the wanted columns of a Parquet file, or of a CSV divided by commas, `;`, tabs or bars.

    Args:
        hint: What else may have been meant by a file that lacks a column.

    Raises:
        DataError: The file cannot be read, has no rows, lacks a column or has it twice, has a
            row of another length, or an empty cell in a wanted column.
    """
    if is_parquet(path):
        return _read_parquet(path, wanted, hint)
    raw, text = read_text(path)
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_CELL))
    rows = _rows(path, text, _delimiter(text, wanted))
    _, header = next(rows, (1, []))
    header = [cell.strip() for cell in header]
    places = [_place(path, header, name, hint) for name in wanted]
    columns: dict[str, list[str]] = {name: [] for name in wanted}
    lines: list[int] = []
    for line, row in rows:
        if len(row) != len(header):
            raise DataError(
                f"{path}:{line}: {len(row)} cells in a row, and {len(header)} in the header."
            )
        for name, place in zip(wanted, places, strict=True):
            cell = row[place].strip()
            if not cell:
                raise DataError(
                    f"{path}:{line}: the column {name!r} is empty here. Fill the cell, or take "
                    "the row out."
                )
            columns[name].append(cell)
        lines.append(line)
    if not lines:
        raise DataError(f"{path} has a header and no rows.")
    return Table(path, columns, lines, raw)


def _read_parquet(path: Path, wanted: Sequence[str], hint: str) -> Table:
    import pyarrow
    from pyarrow import parquet

    raw = read_data(path)
    try:
        file = parquet.ParquetFile(BytesIO(raw))
        for name in wanted:
            _place(path, file.schema_arrow.names, name, hint)
        read = file.read(columns=list(wanted))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} is no Parquet file that can be read: {error}.") from error
    columns: dict[str, list[str]] = {}
    for name in wanted:
        cells = texts(read[name], f"{path}, column {name!r}").to_pylist()
        columns[name] = [(cell or "").strip() for cell in cells]
        if "" in columns[name]:
            place = _place_of(path, columns[name].index("") + 1)
            raise DataError(
                f"{place}: the column {name!r} is empty here. Fill the cell, or take the row out."
            )
    if not read.num_rows:
        raise DataError(f"{path} has columns and no rows.")
    return Table(path, columns, list(range(1, read.num_rows + 1)), raw)


def _place_of(path: Path, line: int) -> str:
    return f"{path}: row {line}" if is_parquet(path) else f"{path}:{line}"


def _rows(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, each with the line on which it begins; quotes may hold newlines."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}:{line}: the row that begins here is no CSV: {error}. A quote inside of a "
            "quoted cell is written twice."
        ) from error


def _delimiter(text: str, wanted: Sequence[str]) -> str:
    """What divides the header into the wanted columns, or else into the most."""
    found: dict[str, list[str]] = {}
    for one in DELIMITERS:
        reader = csv.reader(StringIO(text[:LOOKED_AT], newline=""), delimiter=one)
        try:
            header = next((row for row in reader if any(cell.strip() for cell in row)), [])
        except csv.Error:
            continue
        found[one] = [cell.strip() for cell in header]
    return max(
        found,
        key=lambda one: (sum(name in found[one] for name in wanted), len(found[one])),
        default=",",
    )


def _place(path: Path, header: Sequence[str], name: str, hint: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise DataError(f"{path} has {header.count(name)} columns {name!r}; which one is meant?")
    shown = ", ".join(header[:20]) + (", ..." if len(header) > 20 else "")
    raise DataError(f"{path} has no column {name!r}; it has {shown}.{hint}")
