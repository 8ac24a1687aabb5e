"""Who stood where as its training came to certain epochs: what rules that compare trials share."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence


class Rungs:
    """Rewards of trials at rising epochs; a higher reward is better.

    Args:
        epochs: The last is that of a complete trial.
    """

    def __init__(self, epochs: Sequence[int]) -> None:
        self.epochs = tuple(epochs)
        self._rewards: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._sorted: defaultdict[int, list[float]] = defaultdict(list)

    def next(self, epoch: int) -> int:
        """The next rung after `epoch` finished ones; from the last on the last."""
        return self.epochs[min(bisect_right(self.epochs, epoch), len(self.epochs) - 1)]

    def reached(self, epoch: int) -> tuple[int, ...]:
        """The rungs that lie at `epoch` or before it, rising."""
        return self.epochs[: bisect_right(self.epochs, epoch)]

    def holds(self, rung: int, number: int) -> bool:
        return number in self._rewards.get(rung, ())

    def enter(self, rung: int, number: int, reward: float) -> None:
        """Put a trial on a rung that does not hold it yet."""
        self._rewards[rung][number] = reward
        insort(self._sorted[rung], reward)

    def reward(self, rung: int, number: int) -> float:
        """With what a trial was entered."""
        return self._rewards[rung][number]

    def quantile_of_others(self, rung: int, number: int, share: float) -> float | None:
        """The reward below which a share of the others on a trial's rung lies; None of nobody."""
        if self.count(rung) == 1:
            return None
        rising = self._sorted[rung]
        return quantile_without(rising, self._rewards[rung][number], share)

    def count(self, rung: int) -> int:
        """How many trials are on a rung."""
        return len(self._rewards.get(rung, ()))

    def populations(self) -> dict[int, int]:
        """How many trials are on each rung."""
        return {rung: self.count(rung) for rung in self.epochs}


def quantile_without(rising: Sequence[float], one: float, share: float) -> float:
    """`numpy.percentile` of all but one member of a sorted sequence, to the bit, unsorted anew.

    Args:
        one: A member.
        share: Of the others, from 0 to 1; linear between neighbours.
    """
    left_out = bisect_left(rising, one)
    place = (len(rising) - 2) * share
    before = math.floor(place)
    low, high = (
        rising[index + (index >= left_out)] for index in (before, min(before + 1, len(rising) - 2))
    )
    part, apart = place - before, high - low
    return high - apart * (1 - part) if part >= 0.5 else low + apart * part


def finite(number: int, epoch: int, value: float) -> float:
    """A reported value.

    Raises:
        ValueError: It is not finite; such a trial has diverged, and the caller says so.
    """
    if not math.isfinite(value):
        raise ValueError(f"Trial {number}: value {value} at epoch {epoch} is not finite.")
    return value


def in_order(curves: Mapping[int, Mapping[int, float]]) -> Iterator[tuple[int, int, float]]:
    """The reports of a ledger's curves: trial, epoch, value; the epochs of a trial rise."""
    for number, curve in curves.items():
        for epoch in sorted(curve):
            yield number, epoch, curve[epoch]


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Two different values as texts, with as few digits, four or more, as show the difference."""
    texts = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in range(4, 17))
    return next((pair for pair in texts if pair[0] != pair[1]), (repr(one), repr(other)))
