"""How the times of a column are written, and their reading by that."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import compute

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Bools, Ints
from rnnsearch.tasks.files.columns import family, moments, numbers, texts
from rnnsearch.tasks.files.written.shapes import (
    SHAPES,
    days_since_1970,
    month_names,
    offsets,
    part,
    seconds_of_day,
)
from rnnsearch.tasks.files.written.words import stripped

Place = Callable[[int], str]
"""Gives the place of a row for a message, such as `x.csv:3`."""

ORDERS = ("ymd", "dmy", "mdy")
LATEST_YEAR_OF_TWO_DIGITS = 2068
"""Years of two digits from 69 to 99 are those of the 20th century, as in POSIX."""

EXAMPLES = "2024-12-31, 2024-12-31 23:00, 31.12.2024 or a number"


@dataclass(frozen=True, slots=True)
class Moments:
    """The times of cells, in UTC where they name a zone.

    Attributes:
        seconds: Whole seconds since 1970.
        nanos: The nanoseconds beyond them.
        right: Which cells are a time at all.
        zoned: Which cells name a zone.
    """

    seconds: Ints
    nanos: Ints
    right: Bools
    zoned: Bools

    def as_dates(self) -> NDArray[np.datetime64]:
        """The times as datetime64, in seconds, or in the unit that the fractions need."""
        if not self.nanos.any():
            return self.seconds.astype("datetime64[s]")
        if not (self.nanos % 1000).any():
            return (self.seconds * 1_000_000 + self.nanos // 1000).astype("datetime64[us]")
        return (self.seconds * 1_000_000_000 + self.nanos).astype("datetime64[ns]")


@dataclass(frozen=True, slots=True)
class TimeForm:
    """How to read a column's cells as times.

    Attributes:
        shape: A name of `SHAPES`; `clock` for times of day, `number` for numbers, `format` for
            a pattern that the user gave.
        order: With the shape `parts`, the order of year, month and day: one of `ORDERS`.
        pattern: With the shape `format`, a pattern of Python's strptime.
        zoned: Whether all cells name their zone; otherwise none does.
    """

    shape: str
    order: str = ""
    pattern: str = ""
    zoned: bool = False

    def read(self, column: Any, place: Place) -> NDArray[Any]:
        """An Arrow column as datetime64, as timedelta64 since midnight, or as numbers.

        Raises:
            DataError: A cell is not of this form; the place of the first one is named.
        """
        kind, name = family(column.type), "the column of times"
        if kind == "date":
            return moments(column, name)
        if kind not in ("text", "bytes") and self.shape == "number":
            return whole_numbers(column, name)
        cells = stripped(texts(column, name))
        if self.shape == "number":
            try:
                return whole_numbers(cells, name)
            except DataError:
                row = next(at for at, cell in enumerate(cells.to_pylist()) if not is_number(cell))
                raise self._wrong(place(row), cells[row].as_py()) from None
        cell_times = self.moments(cells)
        wrong = ~cell_times.right | (cell_times.zoned != self.zoned)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self._wrong(place(row), cells[row].as_py())
        if self.shape == "clock":
            return (cell_times.seconds * 1_000_000_000 + cell_times.nanos).astype("timedelta64[ns]")
        return cell_times.as_dates()

    def _wrong(self, place: str, cell: str | None) -> DataError:
        """The error for a cell that is not of this form."""
        if cell is None:
            return DataError(f"{place}: there is no time here.")
        return DataError(
            f"{place}: {cell!r}, which is no time written as the others are ({self.in_words()})."
        )

    def in_words(self) -> str:
        """The form in words, for a message."""
        if self.shape == "parts":
            names = {"y": "year", "m": "month", "d": "day"}
            return ", ".join(names[letter] for letter in self.order)
        return {
            "clock": "hours and minutes",
            "number": "plain numbers",
            "format": self.pattern,
            "compact": "YYYYMMDD",
            "compact month": "YYYYMM",
        }.get(self.shape, self.shape.replace("named", "months by name"))

    def looks_like(self, cell: str) -> bool:
        """Whether a cell without blanks around it has the shape, though it may be no real date."""
        return re.search(SHAPES[self.shape], cell) is not None

    def moments(self, cells: Any) -> Moments:
        """The times of Arrow strings without blanks around them, right or not."""
        coded = cells.dictionary_encode()
        if len(coded.dictionary) > len(cells) // 2 or not len(coded.dictionary):
            return self._moments(cells)
        # Days repeat for each hour, and times of day for each day, so each text is read once.
        each = self._moments(coded.dictionary)
        at = np.asarray(coded.indices.fill_null(-1).to_numpy(zero_copy_only=False))
        known = at >= 0
        return Moments(
            each.seconds[at] * known, each.nanos[at] * known, each.right[at] & known, each.zoned[at]
        )

    def _moments(self, cells: Any) -> Moments:
        """The times of cells, each read by itself."""
        if self.shape == "format":
            return _by_pattern(cells, self.pattern)
        parts = compute.extract_regex(cells, SHAPES[self.shape])
        right = np.asarray(parts.is_valid().to_numpy(zero_copy_only=False))
        if self.shape == "clock":
            days = np.zeros(len(right), np.int64)
        else:
            year, month, day = self._dates(parts)
            days, real = days_since_1970(year, month, day)
            right &= real
            if self.shape == "parts":
                same = parts.field("s").to_numpy(zero_copy_only=False)
                right &= same == parts.field("t").to_numpy(zero_copy_only=False)
                right &= _lengths(parts, self.order)
        if self.shape == "week":
            days, real = _weeks(parts)
            right &= real
        seconds, nanos, real = seconds_of_day(parts)
        east, zoned = offsets(parts)
        return Moments(days * 86400 + seconds - east, nanos, right & real, zoned)

    def _dates(self, parts: Any) -> tuple[Ints, Ints, Ints]:
        """The year, month and day of each match of the shape."""
        if self.shape == "parts":
            by = {letter: part(parts, name) for letter, name in zip(self.order, "abc", strict=True)}
            year, month, day = by["y"], by["m"], by["d"]
        else:
            year, month, day = part(parts, "y"), part(parts, "m", 1), part(parts, "d", 1)
            if parts.type.get_field_index("n") >= 0:
                month = month_names(parts)
            if parts.type.get_field_index("q") >= 0:
                month = part(parts, "q") * 3 - 2
        short = {"parts": "c" if self.order != "ymd" else "a", "named": "y"}.get(self.shape)
        if short is not None:
            digits = compute.utf8_length(parts.field(short)).to_numpy(zero_copy_only=False)
            full = year + np.where(year <= LATEST_YEAR_OF_TWO_DIGITS - 2000, 2000, 1900)
            year = np.where(digits == 2, full, year)
        return year, month, day

    def to_json(self) -> dict[str, Any]:
        """JSON values that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TimeForm:
        """Read what `to_json` gave."""
        return cls(**values)


def whole_numbers(column: Any, place: str) -> NDArray[Any]:
    """The numbers of a column as int64 where all are whole, so that none is rounded, else as
    float64.

    Raises:
        DataError: A cell is empty or no number.
    """
    if column.null_count:
        raise DataError(f"{place}: there are rows without a time.")
    try:
        return np.asarray(column.cast(pyarrow.int64()).to_numpy(zero_copy_only=False))
    except pyarrow.ArrowException:
        return numbers(column, place)


def is_number(cell: str | None) -> bool:
    """Whether a cell is a plain number."""
    try:
        float(cell or "x")
    except ValueError:
        return False
    return True


def _lengths(parts: Any, order: str) -> Bools:
    """Which matches have a year of two or four digits, and a month and day of at most two."""
    right = np.ones(len(parts), bool)
    for name, letter in zip("abc", order, strict=True):
        digits = compute.utf8_length(parts.field(name)).to_numpy(zero_copy_only=False)
        right &= (digits == 2) | (digits == 4) if letter == "y" else digits <= 2
    return right


def _weeks(parts: Any) -> tuple[Ints, Bools]:
    """Days since 1970 of ISO weeks, on the Monday unless a day is named; and which weeks exist."""
    year, week, day = part(parts, "y"), part(parts, "w"), part(parts, "e", 1)
    fourth, _ = days_since_1970(year, np.ones_like(year), np.full_like(year, 4))
    monday = fourth - (fourth + 3) % 7
    return monday + (week - 1) * 7 + day - 1, (week >= 1) & (week <= 53)


def _by_pattern(cells: Any, pattern: str) -> Moments:
    """The times of Arrow strings by a pattern of Python's strptime; those that it does not fit are
    not `right`."""
    seconds, nanos = np.zeros((2, len(cells)), np.int64)
    right, zoned = np.zeros((2, len(cells)), bool)
    start = datetime(1970, 1, 1, tzinfo=UTC)
    for row, cell in enumerate(cells.to_pylist()):
        try:
            time = datetime.strptime(cell or "", pattern)
        except ValueError:
            continue
        zoned[row] = time.tzinfo is not None
        time = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
        since = time - start
        seconds[row] = since.days * 86400 + since.seconds
        nanos[row] = since.microseconds * 1000
        right[row] = True
    return Moments(seconds, nanos, right, zoned)
