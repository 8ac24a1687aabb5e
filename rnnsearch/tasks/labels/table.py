"""Columns of a CSV file as text, with the number of each row's line."""

from __future__ import annotations

import csv
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.labels.files import read_text


@dataclass(frozen=True, slots=True)
class Table:
    """Some columns of a table.

    Attributes:
        path: Where it came from.
        columns: Stripped cells by the column's name, all of one length.
        lines: The file's line on which each row ends.
        raw: The whole file.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    raw: bytes

    def place(self, row: int, column: str) -> str:
        """Where a cell stands, for a message."""
        return f"{self.path}:{self.lines[row]}: column {column!r}"


def read_table(path: Path, wanted: Sequence[str]) -> Table:
    """Read the wanted columns of a CSV file, or of a TSV file by its ending.

    Raises:
        DataError: The file cannot be read, has no rows, lacks a column or has it twice, has a
            row of another length, or an empty cell in a wanted column.
    """
    raw, text = read_text(path)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    columns: dict[str, list[str]] = {name: [] for name in wanted}
    lines: list[int] = []
    try:
        header = [cell.strip() for cell in next(reader, [])]
        places = [_place(path, header, name) for name in wanted]
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise DataError(
                    f"{path}:{reader.line_num}: {len(row)} cells in a row, and {len(header)} in "
                    "the header."
                )
            for name, place in zip(wanted, places, strict=True):
                cell = row[place].strip()
                if not cell:
                    raise DataError(
                        f"{path}:{reader.line_num}: the column {name!r} is empty here. Fill the "
                        "cell, or take the row out."
                    )
                columns[name].append(cell)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num}: no CSV: {error}.") from error
    if not lines:
        raise DataError(f"{path} has a header and no rows.")
    return Table(path, columns, lines, raw)


def rows_by_id(ids: Iterable[Hashable]) -> dict[str, list[int]]:
    """Places of the rows of each sequence, in the order in which they first appear."""
    found: dict[str, list[int]] = {}
    for row, name in enumerate(ids):
        found.setdefault(str(name), []).append(row)
    return found


def _place(path: Path, header: Sequence[str], name: str) -> int:
    if header.count(name) == 1:
        return header.index(name)
    if name in header:
        raise DataError(f"{path} has {header.count(name)} columns {name!r}; which one is meant?")
    shown = ", ".join(header[:20]) + (", ..." if len(header) > 20 else "")
    raise DataError(f"{path} has no column {name!r}; it has {shown}.")
