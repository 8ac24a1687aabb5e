"""A number that is expected, and between which bounds it is likely to lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LOW, HIGH = 10, 90
"""Percentiles between which an interval lies: four times in five."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An expected number with the bounds between which it lies four times in five.

    Attributes:
        expected: The mean.
    """

    expected: float
    low: float
    high: float

    @classmethod
    def of(cls, drawn: Sequence[float]) -> Interval:
        """The interval of numbers that were drawn, at least one."""
        low, high = np.percentile(drawn, [LOW, HIGH])
        return cls(float(np.mean(drawn)), float(low), float(high))

    def times(self, factor: float) -> Interval:
        """The interval of a multiple, for a factor above zero."""
        return Interval(self.expected * factor, self.low * factor, self.high * factor)
