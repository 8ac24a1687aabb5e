"""CSV and Parquet files as blocks of columns, and the places of their rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import compute, parquet
from pyarrow import csv as arrow_csv

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.encoding import no_utf8
from rnnsearch.tasks.files.header import csv_rows, header, refuse_twice
from rnnsearch.tasks.files.opened import is_parquet, opened
from rnnsearch.tasks.files.written.words import EMPTY, stripped

BLOCK_BYTES = 8 << 20


def column_names(path: Path, wanted: Sequence[str] = ()) -> list[str]:
    """The names in the first line of a CSV, or of a Parquet file's columns.

    Args:
        wanted: The columns that are read, where they are known.

    Raises:
        DataError: The file is missing, empty, of another encoding, or has no line of names.
    """
    if is_parquet(path):
        return list(schema(path, wanted).names)
    return list(header(path, wanted).names)


def schema(path: Path, wanted: Sequence[str] = ()) -> Any:
    """The Arrow schema of a Parquet file.

    Raises:
        DataError: The file cannot be read, or names a column twice.
    """
    arrow_schema = _parquet(path, lambda: parquet.read_schema(path))
    refuse_twice(str(path), arrow_schema.names, wanted)
    return arrow_schema


def _parquet(path: Path, read: Callable[[], Any]) -> Any:
    """What `read` gives of a Parquet file; its failures become a `DataError`."""

    def checked() -> Any:
        try:
            return read()
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{path} is no Parquet file that can be read: {error}.") from error

    return opened(path, checked)


def _parquet_batches(path: Path, wanted: Sequence[str]) -> Iterator[Any]:
    file = _parquet(path, lambda: parquet.ParquetFile(path))
    blocks = file.iter_batches(columns=list(wanted))
    while (block := _parquet(path, lambda: next(blocks, None))) is not None:
        yield block


def no_rows(path: Path) -> DataError:
    """The error for a table without rows."""
    return DataError(f"{path} has names of columns and no rows below.")


def batches(
    path: Path, wanted: Sequence[str], types: Mapping[str, Any] | None = None
) -> Iterator[Any]:
    """Record batches of some columns of a file.

    Args:
        types: Arrow types for the columns of a CSV, which are strings otherwise; the columns of a
            Parquet file have their own types.

    Raises:
        DataError: The file cannot be read.
        pyarrow.ArrowInvalid: A cell is not of the type in `types`.
    """
    if is_parquet(path):
        yield from _parquet_batches(path, wanted)
        return
    layout = header(path)
    stream = pyarrow.OSFile(str(path))
    stream.seek(layout.start)
    if layout.encoding != "utf-8":
        stream = pyarrow.transcoding_input_stream(stream, layout.encoding, "utf-8")
    try:
        # One thread is fast enough, and only with one does an error name its row.
        with arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=list(layout.names)
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=layout.delimiter, newlines_in_values=True
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types={name: pyarrow.string() for name in wanted} | dict(types or {}),
                include_columns=list(wanted),
                null_values=list(EMPTY),
            ),
        ) as reader:
            yield from reader
    except pyarrow.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        if "conversion error to double" in str(error):
            raise
        raise _invalid(path, str(error)) from error
    except UnicodeDecodeError as error:
        raise no_utf8(path) from error


def without_blank_rows(batch: Any, columns: Sequence[str]) -> Any:
    """A batch without the rows in which all of these columns are empty."""
    empty = None
    for name in dict.fromkeys(columns):
        column = batch[name]
        if pyarrow.types.is_string(column.type):
            column = stripped(column)
        nothing = column.is_null()
        empty = nothing if empty is None else compute.and_(empty, nothing)
        if not compute.any(empty).as_py():
            return batch
    return batch if empty is None else batch.filter(compute.invert(empty))


def place_of(path: Path, row: int, wanted: Sequence[str] = (), timed: bool = False) -> str:
    """The place of a row for a message: its line in a CSV, or its number in a Parquet file.

    Args:
        row: Counted from 0, among the rows that are read.
        wanted: The columns that are read.
        timed: Whether rows in which all of these columns are empty are left out.
    """
    if is_parquet(path):
        return f"{path}: row {row + 1}"
    layout = header(path)
    at = [layout.names.index(name) for name in wanted if name in layout.names]
    # Codecs that are named without a byte order skip the byte order mark themselves.
    encoding = "utf-8-sig" if layout.encoding == "utf-8" else layout.encoding[:6]
    with path.open(encoding=encoding, newline="") as file:
        rows = csv_rows(path, file, layout.delimiter)
        next(rows)
        for line, cells in rows:
            blank = not cells or (len(layout.names) > 1 and cells == [""])
            empty = timed and all(cells[one].strip() in EMPTY for one in at if one < len(cells))
            if blank or empty:
                continue
            if row == 0:
                return f"{path}:{line}"
            row -= 1
    return str(path)


def _invalid(path: Path, arrow_words: str) -> DataError:
    """The error for a CSV that Arrow cannot read, with the place of the row that it stumbled over.

    Args:
        arrow_words: The message of Arrow's own error, which names the row and what is wrong.
    """
    number = re.search(r"Row #(\d+)", arrow_words)
    row = int(number[1]) - 1 if number is not None else None
    if "invalid UTF8" in arrow_words or "UTF-8" in arrow_words:
        return no_utf8(path, line=_first_no_utf8(path))
    place = place_of(path, row) if row is not None else str(path)
    fields = re.search(r"Expected (\d+) columns, got (\d+)", arrow_words)
    if fields is not None:
        return ragged(place, int(fields[2]), int(fields[1]))
    if "straddling" in arrow_words:
        return DataError(f"{place}: a row is longer than {BLOCK_BYTES >> 20} MiB.")
    return DataError(f"{place} cannot be read as a CSV: {arrow_words}.")


def ragged(place: str, cells: int, names: int) -> DataError:
    """The error for a row with another number of cells than there are names."""
    return DataError(f"{place}: {cells} cells where the first line names {names} columns.")


def _first_no_utf8(path: Path) -> int | None:
    """The number of the first line that is no UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def extent(path: Path) -> tuple[int, str]:
    """An upper bound of the number of a file's rows, to make arrays for them; and its SHA-256."""
    digest, lines = sha256(), 1
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            # Lines end in LF, CR or CR LF.
            lines += block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
    if is_parquet(path):
        lines = parquet.ParquetFile(path).metadata.num_rows
    return lines, digest.hexdigest()
