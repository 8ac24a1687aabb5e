"""Median stopping: who is worse than the middle of the others has little hope.

Golovin et al., "Google Vizier: A Service for Black-Box Optimization" (2017), section 3.2.2: a
trial stops at an epoch if its best value until then is strictly worse than the median of the
running averages, up to the same epoch, of the others. The paper compares with completed trials;
here with all that came as far, for trials that train side by side are there long before the first
is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.rungs import Rungs, finite, in_order, told_apart
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianConfig:
    """Stops a trial whose best value is worse than the median of the others' running averages."""

    type: Literal["median"] = "median"
    grace_period: Annotated[
        int, "Epochs before the first decision.", Range(1, 1_000_000, unit="epochs")
    ] = 5
    interval: Annotated[
        int, "Epochs from one decision to the next.", Range(1, 1_000_000, unit="epochs")
    ] = 5
    min_trials: Annotated[
        int,
        "Other trials that must have come as far before one is stopped.",
        Range(1, 1_000_000, unit="trials"),
    ] = 5

    def rule(self, max_epochs: int, goal: Goal) -> Median:
        return Median(self, max_epochs, goal)


@dataclass(slots=True)
class _Course:
    """What a trial reported so far: its best reward, and the sum and the number of all."""

    best: float
    total: float = 0.0
    count: int = 0


class Median:
    """The running averages of trials at each decision, and who is worse than their median."""

    rungs_called = "decisions"

    def __init__(self, how: MedianConfig, max_epochs: int, goal: Goal) -> None:
        self._how = how
        self._goal = goal
        self._last = max_epochs
        self._rungs = Rungs((*range(how.grace_period, max_epochs, how.interval), max_epochs))
        self._courses: dict[int, _Course] = {}
        self._undecided: dict[int, tuple[int, float]] = {}

    @property
    def grace(self) -> int:
        return min(self._how.grace_period, self._last)

    @property
    def rungs(self) -> tuple[int, ...]:
        return self._rungs.epochs[:-1]

    def next_limit(self, epoch: int) -> int:
        return self._rungs.next(epoch)

    def record(self, number: int, epoch: int, value: float) -> bool:
        reward = -self._goal.cost(finite(number, epoch, value))
        course = self._courses.setdefault(number, _Course(best=reward))
        course.best = max(course.best, reward)
        course.total += reward
        course.count += 1
        reached = self._rungs.reached(epoch)
        if not reached or self._rungs.holds(reached[-1], number):
            return False
        self._rungs.enter(reached[-1], number, course.total / course.count)
        if reached[-1] < self._last:
            self._undecided[number] = (reached[-1], course.best)
        return True

    def decide(self, number: int) -> str | None:
        """Judge a trial at the last rung that it entered since it was last judged."""
        rung, best = self._undecided.pop(number, (self._last, 0.0))
        others = self._rungs.count(rung) - 1
        if rung == self._last or others < self._how.min_trials:
            return None
        median = self._rungs.quantile_of_others(rung, number, 0.5)
        if median is None or best >= median:
            return None
        value, bound = told_apart(self._goal.cost(-best), self._goal.cost(-median))
        return (
            f"stopped by the median rule at epoch {rung}: best {value}, needed {bound} or better, "
            f"the median of the averages of {others} others"
        )

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        self._rungs = Rungs(self._rungs.epochs)
        self._courses.clear()
        for report in in_order(curves):
            self.record(*report)
        self._undecided.clear()

    def populations(self) -> dict[int, int]:
        counts = self._rungs.populations()
        return {rung: count for rung, count in counts.items() if count or rung == self._last}
