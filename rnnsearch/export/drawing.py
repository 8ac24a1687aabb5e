"""Inputs at random, in a person's units, on which a file is compared with its model."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.export.units import dtype_of
from rnnsearch.tasks.interface import Numbers, Symbols, Table

EMPTY = 0.1
"""The share of empty cells, where cells may be empty."""


@singledispatch
def drawn(
    reads: Any, dice: np.random.Generator, batch: int, steps: int, series: NDArray[Any] | None
) -> NDArray[Any]:
    """Inputs (batch, steps, ...) as far from the middle of the data as that of training lay.

    Args:
        series: Of a table of several series the place of each sequence's.
    """
    raise NotImplementedError


@drawn.register
def _(reads: Symbols, dice: Any, batch: int, steps: int, series: Any) -> NDArray[Any]:
    return np.asarray(dice.integers(len(reads.names), size=(batch, steps)))


@drawn.register
def _(reads: Numbers, dice: Any, batch: int, steps: int, series: Any) -> NDArray[Any]:
    normal = dice.normal(size=(batch, steps, len(reads.names)))
    return np.asarray(normal * reads.scale + reads.center).astype(dtype_of(reads))


@drawn.register
def _(reads: Table, dice: Any, batch: int, steps: int, series: Any) -> NDArray[Any]:
    whose = np.zeros(batch, np.int64) if series is None else series
    normal = dice.normal(size=(batch, steps, len(reads.names)))
    center, scale = (np.array(one)[whose][:, None] for one in (reads.center, reads.scale))
    x = normal * scale + center
    targets = x[..., : reads.targets]
    if reads.transform == "sqrt1p":
        targets[...] = np.maximum(np.square(np.maximum(targets, 0)) - 1, 0)
    elif reads.transform == "log1p":
        targets[...] = np.maximum(np.expm1(targets), 0)
    if reads.flags is not None:
        cells = x[..., : reads.measured]
        cells[dice.random(cells.shape) < EMPTY] = np.nan
    return np.asarray(x.astype(dtype_of(reads)))


def drawn_series(reads: Any, dice: np.random.Generator, batch: int) -> NDArray[Any] | None:
    """The place of each sequence's series, of a table of several."""
    if not (isinstance(reads, Table) and reads.series):
        return None
    return np.asarray(dice.integers(len(reads.series), size=batch))
