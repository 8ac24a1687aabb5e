"""No stopping: every trial trains to its last epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.rungs import finite, in_order


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneConfig:
    """Trains every trial to its last epoch."""

    type: Literal["none"] = "none"

    def rule(self, max_epochs: int, goal: Goal) -> NoStopping:
        return NoStopping(max_epochs)


class NoStopping:
    """Counts the trials that are complete."""

    grace = 1
    rungs = ()

    def __init__(self, max_epochs: int) -> None:
        self._last = max_epochs
        self._complete: set[int] = set()

    def next_limit(self, epoch: int) -> int:
        return self._last

    def record(self, number: int, epoch: int, value: float) -> bool:
        finite(number, epoch, value)
        if epoch < self._last or number in self._complete:
            return False
        self._complete.add(number)
        return True

    def decide(self, number: int) -> str | None:
        return None

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        self._complete.clear()
        for report in in_order(curves):
            self.record(*report)

    def populations(self) -> dict[int, int]:
        return {self._last: len(self._complete)}
