"""A CSV or Parquet file as columns of numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.columns import family, moments, numbers, texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

DELIMITERS = ",;\t|"
MISSING_WORDS = ["", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "-nan", "#N/A"]
"""What a cell says when it is empty, beside saying nothing."""
BLOCK_BYTES = 8 << 20


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a file, in the order that was asked for.

    Attributes:
        values: Float64 [rows, columns]; NaN where a cell is empty.
        times: Seconds since 1970 of a time column of dates, or its numbers; float64 [rows].
        dated: Whether `times` are seconds since 1970.
        ids: Which of `names` each row belongs to, int32 [rows]; all 0 without an id column, and
            then one number for all, not to be written to.
        names: Of the series, in the order of their first rows; one empty name without an id column.
        digest: SHA-256 of the file.
    """

    values: NDArray[np.float64]
    times: NDArray[np.float64] | None
    dated: bool
    ids: NDArray[np.int32]
    names: tuple[str, ...]
    digest: str


def column_names(path: Path) -> list[str]:
    """The names in the first line of a CSV, or of a Parquet file's columns.

    Raises:
        DataError: The file is missing, empty, of another encoding, or has no line of names.
    """
    if _parquet(path):
        from pyarrow import parquet

        return list(_opened(path, lambda: parquet.read_schema(path)).names)
    return _header(path)[0]


def read_table(
    path: Path, columns: Sequence[str], *, time: str | None = None, id: str | None = None
) -> Table:
    """Read the columns that a task needs, and no others.

    The file is read block by block into arrays of its length, so that no more of it is in memory
    than the columns.

    Args:
        columns: To be numbers, a column or more.

    Raises:
        DataError: Whatever is wrong with the file, with line and column where there is one.
    """
    most, digest = _opened(path, lambda: _extent(path))
    values = np.empty((most, len(columns)))
    times = np.empty(most if time is not None else 0)
    ids = np.empty(most if id is not None else 0, np.int32)
    known: dict[str, int] = {}
    dated: bool | None = None
    rows = 0
    for batch in batches(path, columns, time, id):
        end = rows + batch.num_rows
        if end > len(values):  # lines that end in a bare carriage return
            values, times, ids = (_longer(one, end) for one in (values, times, ids))
        for number, name in enumerate(columns):
            cells = numbers(batch[name], f"{path}, column {name!r}")
            if np.isinf(cells).any():
                line = rows + int(np.argmax(np.isinf(cells))) + 2
                raise DataError(f"{path}:{line}: the column {name!r} holds an infinite value.")
            values[rows:end, number] = cells
        if time is not None:
            read = times_of(batch[time], f"{path}, column {time!r}", rows + 2)
            if dated not in (None, read.dtype.kind == "M"):
                raise DataError(f"{path}: the column {time!r} holds dates and plain numbers.")
            dated = read.dtype.kind == "M"
            times[rows:end] = read.astype("datetime64[s]").astype(np.int64) if dated else read
        if id is not None:
            ids[rows:end] = _ids(batch[id], known, f"{path}: the column {id!r}")
        rows = end
    if not rows:
        raise DataError(f"{path} has names in its first line and no rows below.")
    return Table(
        values=values[:rows],
        times=times[:rows] if time is not None else None,
        dated=bool(dated),
        ids=ids[:rows] if id is not None else np.broadcast_to(np.int32(0), rows),
        names=tuple(known) if id is not None else ("",),
        digest=digest,
    )


def _longer(array: NDArray[Any], rows: int) -> NDArray[Any]:
    """The array with room for twice as many rows; one of no rows is not wanted."""
    if len(array) == 0:
        return array
    found = np.empty((2 * rows, *array.shape[1:]), array.dtype)
    found[: len(array)] = array
    return found


def _parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def _opened(path: Path, read: Any) -> Any:
    """What `read` gives; its failures as words about the file."""
    import pyarrow

    if path.is_dir():
        raise DataError(f"{path} is a folder; task.path names one file.")
    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path} is empty (0 bytes).")
        return read()
    except FileNotFoundError as error:
        raise DataError(
            f"there is no file {path}; a relative task.path starts at the space file."
        ) from error
    except pyarrow.ArrowException as error:
        raise DataError(f"{path} is no Parquet file that can be read: {error}.") from error
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error


def _header(path: Path) -> tuple[list[str], str]:
    """The names of the first line, and the delimiter that gives the most of them."""
    import csv

    raw: bytes = _opened(path, lambda: _first_line(path))
    try:
        line = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _encoding(path, raw[error.start], 1) from error
    if "\0" in line:
        raise DataError(f"{path} holds zero bytes: it is no CSV in UTF-8. {_recode(path)}")
    line = line.strip("\r\n")
    if not line.strip():
        raise DataError(f"{path}:1: the first line is empty; it must name the columns.")
    delimiter = max(DELIMITERS, key=lambda one: len(next(csv.reader([line], delimiter=one))))
    names = [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]
    if all(_is_number(name) for name in names):
        raise DataError(
            f"{path}:1: the first line holds numbers, not the names of columns; put one above, "
            f"such as {delimiter.join(f'c{place + 1}' for place in range(min(len(names), 4)))}."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}:1: {', '.join(map(repr, twice))} names more than one column.")
    return names, delimiter


def _first_line(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.readline(1 << 20)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def batches(
    path: Path,
    columns: Sequence[str],
    time: str | None,
    id: str | None,
    guessed: Sequence[str] = (),
) -> Iterator[Any]:
    """Record batches of the wanted columns; the types of `guessed` ones are Arrow's guess."""
    wanted = [*columns, *(name for name in (time, id) if name is not None), *guessed]
    if _parquet(path):
        from pyarrow import parquet

        file = _opened(path, lambda: parquet.ParquetFile(path))
        yield from file.iter_batches(columns=wanted)
        return
    import pyarrow
    from pyarrow import csv

    names, delimiter = _header(path)
    types = {name: pyarrow.float64() for name in columns}
    types |= {name: pyarrow.string() for name in (time, id) if name is not None}
    try:
        # One thread: it is fast enough, and only then an error tells its row.
        with csv.open_csv(
            path,
            read_options=csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, skip_rows=1, column_names=names
            ),
            parse_options=csv.ParseOptions(delimiter=delimiter),
            convert_options=csv.ConvertOptions(
                column_types=types, include_columns=wanted, null_values=MISSING_WORDS
            ),
        ) as reader:
            yield from reader
    except pyarrow.ArrowInvalid as error:
        if "Empty CSV file" in str(error):
            return
        raise _invalid(path, str(error), names) from error


def _invalid(path: Path, said: str, names: Sequence[str]) -> DataError:
    """Arrow's words about a bad cell, as ours."""
    import re

    row = re.search(r"Row #(\d+)", said)
    line = int(row[1]) if row is not None else None
    if "invalid UTF8" in said or "UTF-8" in said:
        return _encoding(path, None, line)
    place = f"{path}:{line}" if line is not None else str(path)
    number, value = re.search(r"CSV column #(\d+)", said), re.search(r"invalid value '(.*)'", said)
    if number is not None and value is not None:
        # Columns count from 0 in Arrow's message.
        name = names[int(number[1])]
        comma = " A decimal comma is not read; write 1.5." if "," in value[1] else ""
        return DataError(
            f"{place}: the column {name!r} must hold numbers, not {value[1]!r}.{comma} Leave an "
            "unknown cell empty."
        )
    fields = re.search(r"Expected (\d+) columns, got (\d+)", said)
    if fields is not None:
        return DataError(
            f"{place}: {fields[2]} cells where the first line names {fields[1]} columns."
        )
    return DataError(f"{place} cannot be read as a CSV: {said}.")


def _encoding(path: Path, byte: int | None, line: int | None) -> DataError:
    place = f"{path}:{line}" if line is not None else str(path)
    what = f"byte 0x{byte:02x} is no UTF-8" if byte is not None else "a cell is no UTF-8"
    return DataError(f"{place}: {what}. {_recode(path)}")


def _recode(path: Path) -> str:
    return f"Convert the file: iconv -f latin1 -t utf-8 {path} > {path.stem}.utf8{path.suffix}"


def times_of(column: Any, place: str, line: int) -> NDArray[Any]:
    """A block of times: datetime64[s], or float64 where they are plain numbers."""
    import pyarrow
    from pyarrow import compute

    if column.null_count:
        row = int(np.argmax(np.asarray(column.is_null())))
        raise DataError(f"{place}: line {line + row} has no time.")
    kind = family(column.type)
    if kind == "date":
        return moments(column, place)
    if kind == "clock":
        raise DataError(f"{place} holds times of day, which are no times without their date.")
    if kind not in ("text", "bytes"):
        return numbers(column, place)
    column = texts(column, place)
    try:
        return np.asarray(column.cast(pyarrow.timestamp("s")))
    except pyarrow.ArrowInvalid:
        pass  # not the form that Arrow knows: numbers, months, or a zone
    try:
        found: NDArray[Any] = compute.cast(column, pyarrow.float64()).to_numpy()
        return found
    except pyarrow.ArrowInvalid:
        pass
    found = np.empty(len(column), "datetime64[s]")
    for row, text in enumerate(column.to_pylist()):
        if not text.strip():
            raise DataError(f"{place}: line {line + row} has no time.")
        try:
            found[row] = np.datetime64(text.strip().removesuffix("Z").replace("/", "-"), "s")
        except ValueError as error:
            raise DataError(
                f"{place}: line {line + row} holds {text!r}, which is no time such as 2024-12-31, "
                "2024-12-31 23:00 or a number. Write times that way, or leave task.time out to "
                "take the rows in their order."
            ) from error
    return found


def _ids(column: Any, known: dict[str, int], place: str) -> NDArray[np.int32]:
    """The number of each row's series; `known` counts them in the order of their first rows."""
    coded = texts(column, place).dictionary_encode()
    names = coded.dictionary.to_pylist()
    if coded.null_count or None in names or "" in names:
        raise DataError(f"{place} tells the series apart and has empty cells.")
    own = [known.setdefault(str(name), len(known)) for name in names]
    found: NDArray[np.int32] = np.array(own, np.int32)[coded.indices.to_numpy()]
    return found


def _extent(path: Path) -> tuple[int, str]:
    """How many rows the file has at most, so that they are read into one place; its SHA-256."""
    digest, lines = sha256(), 1
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            lines += block.count(b"\n")
    if _parquet(path):
        from pyarrow import parquet

        lines = parquet.ParquetFile(path).metadata.num_rows
    return lines, digest.hexdigest()
