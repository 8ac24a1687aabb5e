"""Times that put the steps of a sequence in order: numbers, or ISO 8601."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.columns import family, moments, numbers, texts

Place = Callable[[int], str]
"""Where a row stands, for a message: `steps.csv:3: column 't'`."""


def times_of(cells: Sequence[str], place: Place) -> list[Any]:
    """Texts as numbers or, where the first is none, as moments; each kind can be compared.

    Raises:
        DataError: A cell is neither, or some say a zone and others do not; the row is named.
    """
    try:
        float(cells[0])
    except ValueError:
        return _moments(cells, place)
    return finite(cells, place)


def finite(cells: Sequence[str], place: Place, remedy: str = "") -> list[float]:
    """Texts as finite numbers.

    Args:
        remedy: What to do about one that is not finite.

    Raises:
        DataError: A cell is none; the row is named.
    """
    found = []
    for row, cell in enumerate(cells):
        try:
            found.append(float(cell))
        except ValueError as error:
            raise DataError(f"{place(row)}: {cell!r} is no number.") from error
        if not math.isfinite(found[-1]):
            raise DataError(f"{place(row)}: {cell!r} is not finite.{remedy}")
    return found


def times_of_column(column: Any, place: Place) -> NDArray[Any] | list[Any]:
    """An Arrow column as `times_of` has its texts; dates and numbers as what they are.

    Raises:
        DataError: As `times_of`, and where a cell is empty.
    """
    if column.null_count:
        row = column.is_null().to_pylist().index(True)
        raise DataError(f"{place(row)}: there is no time here.")
    if family(column.type) == "text":
        return times_of(texts(column, place(0)).to_pylist(), place)
    return moments(column, place(0)) if family(column.type) == "date" else numbers(column, place(0))


def put_in_order(rows: list[int], times: Sequence[Any] | NDArray[Any]) -> tuple[int, int] | None:
    """Sort rows by their times, in place; the first two that have the same one, or None."""
    rows.sort(key=lambda row: times[row])
    return next((two for two in pairwise(rows) if times[two[0]] == times[two[1]]), None)


def _moments(cells: Sequence[str], place: Place) -> list[datetime]:
    found: list[datetime] = []
    for row, cell in enumerate(cells):
        try:
            found.append(datetime.fromisoformat(cell.strip()))
        except ValueError as error:
            said = f"{place(row)}: {cell!r} is no ISO 8601 time and no number."
            raise DataError(said) from error
        if (found[row].tzinfo is None) != (found[0].tzinfo is None):
            raise DataError(f"{place(row)}: some times have a zone, and others have none.")
    return [time if time.tzinfo is None else time.astimezone(UTC) for time in found]
