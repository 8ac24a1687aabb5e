"""What is done to the cells of one column before and after scaling; numpy alone.

Empty cells are filled from the row before, and targets are put on a scale on which large and small
values err alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats, Ints

Transform = Literal["none", "sqrt1p", "log1p"]


def transformed(values: Floats, kind: Transform) -> Floats:
    """sqrt(1 + values) or log(1 + values) of values from 0, float64; empty cells stay NaN.

    The root steadies the variance of counts (Bartlett, 1936), the logarithm that of amounts whose
    errors grow with them.
    """
    if kind == "sqrt1p":
        return np.sqrt(1.0 + values)
    return np.log1p(values) if kind == "log1p" else values


def restored(values: Floats, kind: Transform) -> Floats:
    """The inverse of `transformed`; forecasts below 0 on the scale of the root count as 0 there."""
    if kind == "sqrt1p":
        return np.square(np.maximum(values, 0.0)) - 1.0
    return np.expm1(values) if kind == "log1p" else values


def fill_forward(values: NDArray[Any], starts: Sequence[int] | Ints) -> None:
    """Fill empty cells with the value of the row before, in place.

    Cells at the start of a series, which no row before can fill, stay empty.

    Args:
        values: [rows, columns], NaN where a cell is empty.
        starts: First row of each series, and the number of rows.
    """
    for lo, hi in pairwise(starts):
        for column in values[lo:hi].T:
            column[:] = filled(column)


def filled(cells: NDArray[Any]) -> NDArray[Any]:
    """The cells [rows] of one series, empty ones with the value before; itself if none is empty."""
    known = np.isfinite(cells)
    if known.all():
        return cells
    last = np.maximum.accumulate(np.where(known, np.arange(len(cells)), -1))
    return np.where(last >= 0, cells[np.maximum(last, 0)], np.nan)
