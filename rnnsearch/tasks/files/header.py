"""The first line of a CSV: its names, its delimiter and its encoding, or why it has none."""

from __future__ import annotations

import csv
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.foreign import foreign
from rnnsearch.tasks.files.opened import opened

LOOKED_AT = 50
"""First records by which the delimiter is chosen."""

FEWEST_RECORDS = 10
"""So many lines of as many cells are a table."""

HEADER_BYTES = 1 << 20
"""The line of names is looked for in so much of the file."""

DELIMITERS = ";\t|,"
"""Where two divide all rows alike, the first: 1,5;2,5 has decimal commas."""

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


def header(path: Path) -> Header:
    """The first line of a CSV that has names, with the delimiter that gives the most of them.

    Raises:
        DataError: It cannot be read, or holds no names.
    """
    raw = opened(path, lambda: _first_bytes(path))
    if other := foreign(path, raw):
        raise DataError(f"{path} {other}.")
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
    refuse_twice(f"{path}:1", names)
    return Header(names, delimiter, len(mark) + len(used.encode(encoding)), encoding)


def looks_like_table(path: Path) -> int:
    """How many columns a file has if its first lines are those of a CSV of several; else 0."""
    try:
        found = header(path)
        text = _first_bytes(path).decode(found.encoding, "ignore")
    except DataError:
        return 0
    records = _records(path, text, found.delimiter, len(text) < HEADER_BYTES)
    return len(found.names) if _even(records) and len(records) > FEWEST_RECORDS else 0


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

    allow_long_cells()
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


def allow_long_cells() -> None:
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


def refuse_twice(place: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{place}: {', '.join(map(repr, twice))} names more than one column.")


def encoding_error(path: Path, byte: int | None, line: int | None) -> DataError:
    """Words about a file that is not UTF-8."""
    place = f"{path}:{line}" if line is not None else str(path)
    what = f"byte 0x{byte:02x} is no UTF-8" if byte is not None else "a cell is no UTF-8"
    return DataError(f"{place}: {what}. {_recode(path)}")


def _recode(path: Path) -> str:
    target = f"{path.stem}.utf8{path.suffix}"
    command = f"iconv -f latin1 -t utf-8 {shlex.quote(str(path))} > {shlex.quote(target)}"
    return f"Convert the file, if that is its encoding: {command}"
