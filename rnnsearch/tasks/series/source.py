"""A CSV or Parquet file as blocks of columns, and the place of a row in it."""

from __future__ import annotations

import csv
import os
import re
import shlex
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from rnnsearch.errors import DataError
from rnnsearch.tasks.written.words import EMPTY, stripped

T = TypeVar("T")

DELIMITERS = ";\t|,"
"""Where two divide all rows alike, the first: 1,5;2,5 has decimal commas."""
BLOCK_BYTES = 8 << 20
LOOKED_AT = 50
"""First records by which the delimiter is chosen."""

HEADER_BYTES = 1 << 20
"""The line of names is looked for in so much of the file."""

MOST_MEMORIES = 16
"""A file of more bytes than so many times the machine's memory is not begun."""

_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a CSV.

    Attributes:
        names: Of the columns; one without a name is `Unnamed: 0`, by its place, as pandas has it.
        start: Byte at which the rows begin.
        encoding: As Python names it; other than UTF-8 only where a mark at the start says so.
    """

    names: tuple[str, ...]
    delimiter: str
    start: int
    encoding: str


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


def opened(path: Path, read: Callable[[], T]) -> T:
    """What `read` gives; its failures as words about the file, which must be a file of some size.

    Raises:
        DataError: The file is missing, empty, no file, beyond what the machine can hold, or `read`
            fails on it.
    """
    import pyarrow

    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DataError(f"{path} is a folder; task.path names one file.")
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"{path} is a device or a pipe; task.path names a file.")
        if found.st_size == 0:
            raise DataError(f"{path} is empty (0 bytes).")
        memory = memory_bytes()
        if found.st_size > MOST_MEMORIES * memory:
            raise DataError(
                f"{path} has {found.st_size / 2**30:,.0f} GiB, far beyond this machine's memory of "
                f"{memory / 2**30:,.0f} GiB; give a part of it."
            )
        return read()
    except FileNotFoundError as error:
        raise DataError(
            f"there is no file {path}; a relative task.path starts at the space file."
        ) from error
    except pyarrow.ArrowException as error:
        raise DataError(f"{path} is no Parquet file that can be read: {error}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}.") from error


def memory_bytes() -> int:
    """Of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def column_names(path: Path) -> list[str]:
    """The names in the first line of a CSV, or of a Parquet file's columns.

    Raises:
        DataError: The file is missing, empty, of another encoding, or has no line of names.
    """
    if is_parquet(path):
        return list(schema(path).names)
    return list(header(path).names)


def schema(path: Path) -> Any:
    """The Arrow schema of a Parquet file.

    Raises:
        DataError: It cannot be read, or names a column twice.
    """
    from pyarrow import parquet

    found = opened(path, lambda: parquet.read_schema(path))
    _refuse_twice(str(path), found.names)
    return found


def header(path: Path) -> Header:
    """The first line of a CSV that has names, with the delimiter that gives the most of them.

    Raises:
        DataError: It cannot be read, or holds no names.
    """
    raw = opened(path, lambda: _first_bytes(path))
    mark, encoding = next(((m, e) for m, e in _MARKS if raw.startswith(m)), (b"", "utf-8"))
    try:
        # What lies behind the first line is cut anywhere, in the middle of a letter too.
        text = raw[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        at = error.start + len(mark)
        line = raw.count(b"\n", 0, at) + 1
        if len(raw) < HEADER_BYTES or at < len(raw) - 4:
            raise encoding_error(path, raw[at], line) from error
        text = raw[len(mark) : at].decode(encoding)
    if "\0" in text:
        raise DataError(f"{path} holds zero bytes: it is no CSV in UTF-8. {_recode(path)}")
    if not next(iter(StringIO(text, newline="")), "").strip():
        raise DataError(f"{path}:1: the first line is empty; it must name the columns.")
    whole = len(raw) < HEADER_BYTES
    records = {one: _records(path, text, one, whole) for one in DELIMITERS}

    def rank(one: str) -> tuple[bool, int, bool]:
        count, even = len(records[one][0][0]), _even(records[one])
        return even and count > 1, count, even

    delimiter = max(DELIMITERS, key=rank)
    cells, used = records[delimiter][0]
    if len(cells) == 1 or not _even(records[delimiter]):
        _refuse_preamble(path, records)
    names = tuple(" ".join(name.split()) or f"Unnamed: {at}" for at, name in enumerate(cells))
    if all(_is_number(name) for name in cells):
        raise DataError(
            f"{path}:1: the first line holds numbers, not the names of columns; put one above, "
            f"such as {delimiter.join(f'c{place + 1}' for place in range(min(len(names), 4)))}."
        )
    _refuse_twice(f"{path}:1", names)
    return Header(names, delimiter, len(mark) + len(used.encode(encoding)), encoding)


def _records(path: Path, text: str, delimiter: str, whole: bool) -> list[tuple[list[str], str]]:
    """The first records and the text of each; quoted cells may hold newlines.

    Args:
        whole: Whether the text is all of the file, so that its last line is no part of one.
    """
    used: list[str] = []

    def lines() -> Iterator[str]:
        for line in StringIO(text, newline=""):
            used.append(line)
            yield line

    _allow_long_cells()
    found: list[tuple[list[str], str]] = []
    ended = False
    try:
        for cells in csv.reader(lines(), delimiter=delimiter):
            if cells:
                found.append((cells, "".join(used)))
                used.clear()
            if len(found) == LOOKED_AT:
                break
        else:
            ended = True
    except csv.Error as error:
        raise DataError(f"{path}:1: no line of names: {error}.") from error
    if ended and not whole:
        found.pop()
    if not found:
        raise DataError(
            f"{path}:1: the first line does not end within {HEADER_BYTES >> 20} MiB; it must name "
            "the columns."
        )
    return found


def _even(records: Sequence[tuple[list[str], str]]) -> bool:
    """Whether all records have as many cells as the first."""
    return len({len(cells) for cells, _ in records}) == 1


def _refuse_preamble(path: Path, records: Mapping[str, Sequence[tuple[list[str], str]]]) -> None:
    """Refuse lines above the line of names: fewer cells than all of the rows that follow."""
    for delimiter, found in records.items():
        counts = [len(cells) for cells, _ in found]
        last = counts[-1]
        first = next(at for at in range(len(counts)) if set(counts[at:]) == {last})
        if 0 < first < len(counts) - 5 and last > max(counts[:first]):
            line = sum(text.count("\n") for _, text in found[: first + 1])
            row = delimiter.join(found[first][0])
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


def _allow_long_cells() -> None:
    """Python's csv refuses cells above 131,072 letters; the files here have a size that fits."""
    csv.field_size_limit(max(csv.field_size_limit(), 1 << 30))


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEADER_BYTES)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _refuse_twice(place: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{place}: {', '.join(map(repr, twice))} names more than one column.")


def batches(
    path: Path, wanted: Sequence[str], types: Mapping[str, Any] | None = None
) -> Iterator[Any]:
    """Record batches of some columns.

    Args:
        types: Arrow types of the cells of a CSV, strings unless said; a Parquet file has its own.

    Raises:
        DataError: The file cannot be read.
        pyarrow.ArrowInvalid: A cell is not of the type that was asked for.
    """
    if is_parquet(path):
        from pyarrow import parquet

        file = opened(path, lambda: parquet.ParquetFile(path))
        yield from file.iter_batches(columns=list(wanted))
        return
    import pyarrow
    from pyarrow import csv as arrow_csv

    found = header(path)
    stream = pyarrow.OSFile(str(path))
    stream.seek(found.start)
    if found.encoding != "utf-8":
        stream = pyarrow.transcoding_input_stream(stream, found.encoding, "utf-8")
    try:
        # One thread: it is fast enough, and only then an error tells its row.
        with arrow_csv.open_csv(
            stream,
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=BLOCK_BYTES, column_names=list(found.names)
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=found.delimiter, newlines_in_values=True
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
        raise _invalid(path, str(error), found) from error
    except UnicodeDecodeError as error:
        raise encoding_error(path, None, None) from error


def without_blank_rows(batch: Any, columns: Sequence[str]) -> Any:
    """A batch without the rows in which all of these columns are empty."""
    import pyarrow
    from pyarrow import compute

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
    """Where a row stands: the line of a CSV on which it begins, or the row of a Parquet file.

    Args:
        row: From 0, of those that are read.
        wanted: Columns that are read.
        timed: Whether rows in which all of these are empty are left out.
    """
    if is_parquet(path):
        return f"{path}: row {row + 1}"
    found = header(path)
    at = [found.names.index(name) for name in wanted if name in found.names]
    _allow_long_cells()
    with path.open(
        encoding="utf-8-sig" if found.encoding == "utf-8" else "utf-16", newline=""
    ) as file:
        reader = csv.reader(file, delimiter=found.delimiter)
        next(reader)
        line = reader.line_num + 1
        for cells in reader:
            start, line = line, reader.line_num + 1
            blank = not cells or (len(found.names) > 1 and cells == [""])
            empty = timed and all(cells[one].strip() in EMPTY for one in at if one < len(cells))
            if blank or empty:
                continue
            if row == 0:
                return f"{path}:{start}"
            row -= 1
    return str(path)


def _invalid(path: Path, said: str, found: Header) -> DataError:
    """Arrow's words about a bad row, as ours."""
    number = re.search(r"Row #(\d+)", said)
    row = int(number[1]) - 1 if number is not None else None
    if "invalid UTF8" in said or "UTF-8" in said:
        return encoding_error(path, None, _first_no_utf8(path))
    place = place_of(path, row) if row is not None else str(path)
    fields = re.search(r"Expected (\d+) columns, got (\d+)", said)
    if fields is not None:
        return DataError(
            f"{place}: {fields[2]} cells where the first line names {fields[1]} columns."
        )
    if "straddling" in said:
        return DataError(f"{place}: a row is longer than {BLOCK_BYTES >> 20} MiB.")
    return DataError(f"{place} cannot be read as a CSV: {said}.")


def encoding_error(path: Path, byte: int | None, line: int | None) -> DataError:
    """Words about a file that is not UTF-8."""
    place = f"{path}:{line}" if line is not None else str(path)
    what = f"byte 0x{byte:02x} is no UTF-8" if byte is not None else "a cell is no UTF-8"
    return DataError(f"{place}: {what}. {_recode(path)}")


def _recode(path: Path) -> str:
    target = f"{path.stem}.utf8{path.suffix}"
    command = f"iconv -f latin1 -t utf-8 {shlex.quote(str(path))} > {shlex.quote(target)}"
    return f"Convert the file, if that is its encoding: {command}"


def _first_no_utf8(path: Path) -> int | None:
    """The line that is no UTF-8."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return None


def extent(path: Path) -> tuple[int, str]:
    """How many rows the file has at most, so that they are read into one place; its SHA-256."""
    digest, lines = sha256(), 1
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            lines += block.count(b"\n")
    if is_parquet(path):
        from pyarrow import parquet

        lines = parquet.ParquetFile(path).metadata.num_rows
    return lines, digest.hexdigest()
