"""What of given numbers is lost in float32, in which networks compute."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Part

LOST = 0.01
"""How much of the deviation of a feature float32 may round away without a word."""


def single_problems(scaled: Floats, part: Part, role: str, key: str, place: str) -> Iterator[str]:
    """Notes on numbers that float32 rounds too much.

    Args:
        scaled: Numbers [rows, features] as a network reads them.
        role: What they are, `x` or `y`.
        key: The key of the task that scales them.

    Raises:
        DataError: Some are beyond float32.
    """
    beyond = np.argwhere(~(np.abs(scaled) <= np.finfo(np.float32).max))
    if len(beyond):
        raise DataError(
            f"{place}: {part}_{role} holds numbers that, scaled, are beyond float32, in which "
            f"networks compute; see feature {beyond[0][1]} (from 0). Give them in another unit, or "
            f"their logarithms; task.{key} scales by the training part."
        )
    if part != "train":
        return
    rounded = np.abs(scaled - scaled.astype(np.float32)).max(axis=0)
    deviation = scaled.std(axis=0)
    coarse = np.flatnonzero((deviation > 0) & (rounded > LOST * deviation))
    if len(coarse):
        yield (
            f"{role} varies so little beside its size that float32 rounds it away, see feature "
            f"{coarse[0]} (from 0); with task.{key}: standard its mean is taken out first"
        )
