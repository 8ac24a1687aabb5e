"""Texts: the whole of a file, or columns of a CSV or Parquet file with the place of each cell.

A table of texts is read row by row: its cells are of any length, and what is quoted wrongly is
refused, which the reader of tables of numbers, block by block, takes for a text that it is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.blocks import batches, column_names, no_rows, ragged
from rnnsearch.tasks.files.columns import listed, texts
from rnnsearch.tasks.files.encoding import decoded
from rnnsearch.tasks.files.header import csv_rows, header, plain_name
from rnnsearch.tasks.files.opened import is_parquet, read_data


def read_text(path: Path) -> tuple[bytes, str]:
    """The bytes of a text file, and its text: UTF-8, or what its byte order mark says.

    Raises:
        DataError: The file cannot be read, is empty, or is no text in that encoding.
    """
    raw = read_data(path)
    return raw, decoded(path, raw)


@dataclass(frozen=True, slots=True)
class Texts:
    """Some columns of a table.

    Attributes:
        path: Where they came from.
        columns: Stripped cells by the column's name, all of one length.
        lines: The line of a CSV on which each row begins; of Parquet, the number of the row.
        digest: SHA-256 of the file.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    digest: str

    def place(self, row: int, column: str) -> str:
        """Where a cell stands, for a message."""
        return f"{_place_of(self.path, self.lines[row])}: column {column!r}"


def read_texts(path: Path, wanted: Sequence[str], hint: str = "") -> Texts:
    """Read columns of which every cell holds something.

    Args:
        hint: What else may have been meant by a file that lacks a column.

    Raises:
        DataError: The file cannot be read, has no rows, lacks a column or has it twice, has a
            row of another length, or an empty cell in a wanted column.
    """
    names = column_names(path, wanted)
    absent = [name for name in wanted if not {name, plain_name(name)} & set(names)]
    if absent:
        raise DataError(f"{path} has no column {absent[0]!r}; its {listed(names, absent[0])}{hint}")
    columns: dict[str, list[str]] = {name: [] for name in wanted}
    lines: list[int] = []
    raw = read_data(path)
    rows = _of_parquet if is_parquet(path) else _of_csv
    for line, cells in rows(path, raw, wanted):
        for name, cell in zip(wanted, cells, strict=True):
            if not (stripped := cell.strip()):
                raise DataError(
                    f"{_place_of(path, line)}: the column {name!r} is empty here. Fill the cell, "
                    "or take the row out."
                )
            columns[name].append(stripped)
        lines.append(line)
    if not lines:
        raise no_rows(path)
    return Texts(path, columns, lines, sha256(raw).hexdigest())


def _of_csv(path: Path, raw: bytes, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The wanted cells of each row in which anything stands, and its line."""
    found = header(path, wanted)
    places = [found.names.index(plain_name(name)) for name in wanted]
    text = StringIO(decoded(path, raw), newline="")
    rows = csv_rows(path, text, found.delimiter, strict=True)
    next(cells for _, cells in rows if any(map(str.strip, cells)))
    for line, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != len(found.names):
            raise ragged(_place_of(path, line), len(cells), len(found.names))
        yield line, [cells[place] for place in places]


def _of_parquet(path: Path, raw: bytes, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    row = 0
    for batch in batches(path, wanted):
        columns = [texts(batch[name], f"{path}, column {name!r}").to_pylist() for name in wanted]
        for cells in zip(*columns, strict=True):
            row += 1
            yield row, [cell or "" for cell in cells]


def _place_of(path: Path, line: int) -> str:
    return f"{path}: row {line}" if is_parquet(path) else f"{path}:{line}"
