"""Arrow columns by the family of their type, and their cells as numbers, texts or times.

Arrow has many types for one thing: strings come in five (pandas 2 writes `string`, pandas 3
`large_string`, polars `string_view`, categories a dictionary of any of them), whole numbers in
eight. This is the one module that knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import compute, types

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats

Family = Literal[
    "text", "whole", "number", "boolean", "date", "clock", "duration", "empty", "bytes", "nested"
]
"""`whole` is for whole numbers, `number` for others; a `date` is a day or a moment, a `clock` a
time of day; `empty` is a column without a type; the cells of a `nested` one hold several values."""

_IN_WORDS = {
    "text": "texts",
    "whole": "whole numbers",
    "number": "numbers",
    "boolean": "true and false",
    "date": "dates",
    "clock": "times of day",
    "duration": "durations",
    "empty": "nothing",
    "bytes": "bytes",
}
_SECONDS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}


def family(kind: Any) -> Family:
    """The family of an Arrow type; of a dictionary, run ends or an extension, that of its
    values."""
    kind = plain(pyarrow.nulls(0, kind)).type
    tests: list[tuple[Family, tuple[Any, ...]]] = [
        ("text", (types.is_string, types.is_large_string)),
        ("boolean", (types.is_boolean,)),
        ("whole", (types.is_integer,)),
        ("number", (types.is_floating, types.is_decimal)),
        ("date", (types.is_date, types.is_timestamp)),
        ("clock", (types.is_time,)),
        ("duration", (types.is_duration,)),
        ("empty", (types.is_null,)),
        ("bytes", (types.is_binary, types.is_large_binary, types.is_fixed_size_binary)),
    ]
    return next((name for name, test in tests if any(one(kind) for one in test)), "nested")


def in_words(kind: Any) -> str:
    """What a column of an Arrow type holds, for a message."""
    return _IN_WORDS.get(family(kind), f"values of the type {kind}")


def listed(names: Sequence[str], absent: str) -> str:
    """The columns that a table has, for the message that one is missing, and the one that may be
    meant.

    Args:
        names: The columns of the table.
        absent: The name that is not among them.
    """
    lower = {name.lower(): name for name in reversed(names)}
    close = [lower[one] for one in get_close_matches(absent.lower(), lower, n=1)]
    shown = ", ".join(map(repr, names[:20])) + (", ..." if len(names) > 20 else "")
    return f"columns are {shown}." + (f" Did you mean {close[0]!r}?" if close else "")


def plain(column: Any) -> Any:
    """A column as one array whose type is that of its cells: no dictionary, no run ends, no view.

    Args:
        column: A pyarrow Array or ChunkedArray.
    """
    if isinstance(column, pyarrow.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pyarrow.ChunkedArray):  # too long for one array
            column = pyarrow.concat_arrays(column.chunks)
    while True:
        if types.is_dictionary(column.type):
            column = column.dictionary_decode()
        elif types.is_run_end_encoded(column.type):
            column = compute.run_end_decode(column)
        elif getattr(column.type, "extension_name", "") == "arrow.uuid":
            cells = [None if cell is None else str(cell) for cell in column.to_pylist()]
            column = pyarrow.array(cells, pyarrow.string())
        elif getattr(column.type, "extension_name", "") == "arrow.bool8":
            column = column.storage.cast(pyarrow.bool_())
        elif isinstance(column.type, pyarrow.BaseExtensionType):
            column = column.storage
        elif types.is_string_view(column.type):
            column = column.cast(pyarrow.large_string())
        elif types.is_binary_view(column.type):
            column = column.cast(pyarrow.large_binary())
        else:
            return column


def cast(column: Any, kind: Any) -> Any:
    """A column cast to an Arrow type; None where one of its cells cannot be cast."""
    try:
        column.slice(0, 20).cast(kind)  # a cast that fails would look at every cell first
        return column.cast(kind)
    except pyarrow.ArrowException:
        return None


def numbers(column: Any, place: str) -> Floats:
    """A column as float64, empty cells NaN; true is 1, a duration is in seconds.

    Args:
        place: Where the column stands, for a message.

    Raises:
        DataError: The column holds no numbers.
    """
    column, kind = plain(column), family(column.type)
    try:
        if kind in ("text", "bytes"):
            doubles = texts(column, place).cast(pyarrow.float64())
        elif kind == "duration":
            return as_floats(column.cast(pyarrow.int64())) * _SECONDS[column.type.unit]
        elif kind == "boolean":
            doubles = column.cast(pyarrow.int8()).cast(pyarrow.float64())
        elif kind in ("whole", "number", "empty"):
            # Whole numbers and decimals beyond 2**53 are rounded, as float64 must.
            doubles = column.cast(pyarrow.float64(), safe=False)
        else:
            raise DataError(f"{place}: must hold numbers, not {in_words(column.type)}.")
    except pyarrow.ArrowException as error:
        raise DataError(f"{place}: must hold numbers: {error}.") from error
    return as_floats(doubles)


def texts(column: Any, place: str) -> Any:
    """A column as an Arrow array of strings, with null for empty cells.

    Whole numbers become texts without a fraction, also where pandas made 7.0 of 7; leading zeros of
    texts are kept.

    Raises:
        DataError: The column is nested, or holds bytes that are no UTF-8.
    """
    column, kind = plain(column), family(column.type)
    if kind == "nested":
        raise DataError(f"{place}: must hold texts, not {in_words(column.type)}.")
    try:
        if kind == "number" and pyarrow.types.is_floating(column.type):
            column = _without_fractions(column.cast(pyarrow.float64()))
        if kind == "text":
            return column
        return column.cast(pyarrow.string())
    except pyarrow.ArrowException as error:
        raise DataError(f"{place}: must hold texts: {error}.") from error


def moments(column: Any, place: str) -> NDArray[np.datetime64]:
    """A column of the family `date` as datetime64 in its own unit and in UTC, NaT for empty cells.

    Raises:
        DataError: The column is of another family.
    """
    column = plain(column)
    if family(column.type) != "date":
        raise DataError(f"{place}: must hold dates, not {in_words(column.type)}.")
    if pyarrow.types.is_date(column.type):
        column = column.cast(pyarrow.date32()).cast(pyarrow.timestamp("s"))
    return _ticks(column.cast(pyarrow.int64()), f"datetime64[{column.type.unit}]")


def clocks(column: Any, place: str) -> NDArray[np.timedelta64]:
    """A column of the family `clock` as the time since midnight, timedelta64, NaT for empty cells.

    Raises:
        DataError: The column is of another family.
    """
    column = plain(column)
    if family(column.type) != "clock":
        raise DataError(f"{place}: must hold times of day, not {in_words(column.type)}.")
    wide = pyarrow.int32() if column.type.bit_width == 32 else pyarrow.int64()
    return _ticks(column.cast(wide).cast(pyarrow.int64()), f"timedelta64[{column.type.unit}]")


def _ticks(counts: Any, kind: str) -> NDArray[Any]:
    """Counts of a unit as values of a numpy type such as `datetime64[s]`, NaT for null."""
    empty = np.asarray(counts.is_null())
    values = np.asarray(counts.fill_null(0).to_numpy(zero_copy_only=False), np.int64).astype(kind)
    values[empty] = np.array("NaT", kind)
    return values


def as_floats(column: Any) -> Floats:
    """An Arrow array of numbers as float64 with NaN for null."""
    doubles = column.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.asarray(doubles, np.float64)


def _without_fractions(column: Any) -> Any:
    """A float64 array as int64 where all of its values are whole and exact, else as it is."""
    values = column.drop_null().to_numpy(zero_copy_only=False)
    if np.isfinite(values).all() and (np.abs(values) < 2**53).all() and (values % 1 == 0).all():
        return column.cast(pyarrow.int64())
    return column
