"""In which type of number a file takes and gives a person's units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnsearch.tasks.interface import Answers, Forecast, Numbers, Reads, Symbols, Table, Values

FAR = 8.0
"""A center so many scales away from zero, or further, leaves float32 too few digits: a number near
it is known to within 4e-7 of a scale at best."""


def dtype_of(side: Reads | Answers) -> Any:
    """int64 of symbols; float32 of numbers, but float64 where they vary little around numbers far
    from zero."""
    if isinstance(side, Symbols):
        return np.int64
    if isinstance(side, Forecast):
        side = side.table
    if isinstance(side, Numbers | Values):
        return _type([side.center], [side.scale])
    if isinstance(side, Table):
        return _type(side.center, side.scale)
    return np.float32


def _type(center: Sequence[Sequence[float]], scale: Sequence[Sequence[float]]) -> Any:
    far = np.abs(np.array(center)) >= FAR * np.array(scale)
    return np.float64 if far.any() else np.float32
