"""What the inputs of arrays are, symbols or numbers, and the form in which they are kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.source import Sequences
from rnnsearch.tasks.ragged import Ragged

MOST_SYMBOLS = 1_000_000
"""The most symbols of a vocabulary, each of which has weights of its own."""


def symbol_count(config: ArraysConfig, read: Mapping[Part, Sequences], place: str) -> int:
    """How many symbols the inputs are drawn from; 0 where they are numbers.

    Raises:
        DataError: They shall be symbols and cannot be, or there are too many of them.
    """
    values = [one.values.values for one in read.values()]
    whole = all(array.ndim == 1 and array.dtype.kind in "iu" for array in values)
    fit = whole and all(int(array.min()) >= 0 for array in values)
    if config.inputs == "symbols" and not fit:
        raise DataError(
            f"{place}: task.inputs is symbols, which are whole numbers from 0 on, of shape "
            "(sequences, time steps)."
        )
    if config.inputs == "numbers" or not fit:
        return 0
    count = 1 + max(int(array.max()) for array in values)
    if count > MOST_SYMBOLS:
        raise DataError(
            f"{place}: x holds whole numbers up to {count - 1:,}; as symbols at most "
            f"{MOST_SYMBOLS - 1:,} is possible. If they are amounts, set task.inputs to numbers."
        )
    return count


def numbers_of(some: Ragged) -> Ragged:
    """Inputs as float64 [time steps, features]; a lone column has one feature."""
    values = some.values.astype(np.float64)
    return Ragged(values[:, None] if values.ndim == 1 else values, some.starts)


def contiguous(some: Ragged, dtype: type) -> Ragged:
    """The same values in one piece of memory, of another type."""
    return Ragged(np.ascontiguousarray(some.values, dtype=dtype), some.starts)


def check_widths(numbers: Mapping[Part, Ragged], place: str) -> None:
    """Refuse parts whose time steps have different numbers of features.

    Raises:
        DataError: They have.
    """
    widths = {part: one.values.shape[1] for part, one in numbers.items()}
    if len(set(widths.values())) > 1:
        counts = ", ".join(f"{width} in {part}" for part, width in widths.items())
        raise DataError(f"{place}: the parts have different numbers of features: {counts}.")
