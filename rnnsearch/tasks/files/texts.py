"""Texts: a whole file, or columns of a CSV or Parquet file with the place of each cell.

A table of texts is read row by row by Python's csv module, which refuses a row with a misplaced
quote. Arrow, which reads tables of numbers block by block, would take that row for another text.
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

TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".parquet", ".pq")


def is_table(path: Path) -> bool:
    """Whether a file is a table by its ending, and no text with a sequence a line."""
    return path.suffix.lower() in TABLE_ENDINGS and path.is_file()


def read_text(path: Path) -> tuple[bytes, str]:
    """The bytes of a text file, and its text in UTF-8 or the encoding of its byte order mark.

    Raises:
        DataError: The file cannot be read, is empty, or is no text in that encoding.
    """
    raw = read_data(path)
    return raw, decoded(path, raw)


@dataclass(frozen=True, slots=True)
class Texts:
    """Columns of texts of a table.

    Attributes:
        path: The file.
        columns: By the column's name, its cells without blanks around them, one for each row.
        lines: The line of a CSV on which each row begins; of Parquet, the row's number from 1.
        digest: SHA-256 of the file.
    """

    path: Path
    columns: dict[str, list[str]]
    lines: list[int]
    digest: str

    def place(self, row: int, column: str) -> str:
        """The place of a cell for a message."""
        return f"{_place_of(self.path, self.lines[row])}: column {column!r}"


def read_texts(path: Path, wanted: Sequence[str], hint: str = "") -> Texts:
    """Read columns of texts, in which no cell may be empty.

    Args:
        wanted: The names of the columns.
        hint: Added to the message that a column is missing: what else the file may be.

    Raises:
        DataError: The file cannot be read, has no rows, lacks a column or has it twice, or has a
            row of another length or an empty cell in one of the columns.
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
    """The line and the cells of each row that is not empty, in the columns `wanted`."""
    layout = header(path, wanted)
    places = [layout.names.index(plain_name(name)) for name in wanted]
    text = StringIO(decoded(path, raw), newline="")
    rows = csv_rows(path, text, layout.delimiter, strict=True)
    next(cells for _, cells in rows if any(map(str.strip, cells)))
    for line, cells in rows:
        if not any(map(str.strip, cells)):
            continue
        if len(cells) != len(layout.names):
            raise ragged(_place_of(path, line), len(cells), len(layout.names))
        yield line, [cells[place] for place in places]


def _of_parquet(path: Path, raw: bytes, wanted: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """The number, from 1, and the cells of each row, in the columns `wanted`."""
    row = 0
    for batch in batches(path, wanted):
        columns = [texts(batch[name], f"{path}, column {name!r}").to_pylist() for name in wanted]
        for cells in zip(*columns, strict=True):
            row += 1
            yield row, [cell or "" for cell in cells]


def _place_of(path: Path, line: int) -> str:
    return f"{path}: row {line}" if is_parquet(path) else f"{path}:{line}"
