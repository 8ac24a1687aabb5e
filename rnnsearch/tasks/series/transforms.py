"""Targets on a scale on which large and small values err alike, and back; numpy alone."""

from __future__ import annotations

from typing import Literal

import numpy as np

from rnnsearch.tasks.arrays import Floats

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
    """What `transformed` took; a forecast below the root's 0 counts as its 0."""
    if kind == "sqrt1p":
        return np.square(np.maximum(values, 0.0)) - 1.0
    return np.expm1(values) if kind == "log1p" else values
