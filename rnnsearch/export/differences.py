"""How far two answers lie apart, in units of what is usual for the answer."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.interface import Forecast, Values


@singledispatch
def usual(answers: Any, series: NDArray[Any] | None) -> tuple[Any, Any]:
    """The middle of answers and how far they usually lie from it: of probabilities 0 and 1.

    Args:
        series: Of a forecast of several series the place of each sequence's.
    """
    return 0.0, 1.0


@usual.register
def _(answers: Values, series: Any) -> tuple[Any, Any]:
    return np.array(answers.center), np.array(answers.scale)


@usual.register
def _(answers: Forecast, series: Any) -> tuple[Any, Any]:
    table, count = answers.table, answers.table.targets
    whose = np.zeros(1, np.int64) if series is None else series
    center, scale = (np.array(one)[whose, :count] for one in (table.center, table.scale))
    low, high = (_restored(center + side * scale, table.transform) for side in (-1, 1))
    # (B, targets) to (B, 1, targets), or with rows and quantiles (B, 1, 1, targets, 1)
    middle, spread = (high + low) / 2, (high - low) / 2
    before = (slice(None), None, None) if answers.whole else (slice(None), None)
    behind = (slice(None), None) if answers.quantiles else (slice(None),)
    return middle[before + behind], np.maximum(spread, 1e-30)[before + behind]


def _restored(values: NDArray[Any], transform: str) -> NDArray[Any]:
    if transform == "sqrt1p":
        return np.asarray(np.square(np.maximum(values, 0)) - 1)
    return np.expm1(values) if transform == "log1p" else values


def largest_difference(
    ours: NDArray[Any], theirs: NDArray[Any], answers: Any, series: NDArray[Any] | None
) -> float:
    """The largest difference of two answers (B, T, ...), each in units of the larger of the usual
    spread and the answer's own distance from the middle.

    Where both are not finite they are taken for equal; where one is, the difference is infinite.
    """
    middle, spread = usual(answers, series)
    theirs = np.asarray(theirs, np.float64)
    known = np.isfinite(theirs)
    if (known != np.isfinite(ours)).any():
        return float("inf")
    with np.errstate(invalid="ignore"):
        apart = np.abs(ours - theirs) / np.maximum(spread, np.abs(theirs - middle))
    return float(np.max(apart, where=known, initial=0.0))
