"""Median stopping: a trial that is worse than most others so far is given up.

Golovin et al., "Google Vizier: A Service for Black-Box Optimization" (2017), section 3.2.2: a
trial stops at an epoch if its best value until then is strictly worse than the median of the
running averages, up to the same epoch, of the others. The paper compares with completed trials;
here with all that came as far, for trials that train side by side are there long before the first
is complete.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.fields import GracePeriod, LeastOthers
from rnnsearch.stopping.rule import Stop
from rnnsearch.stopping.rungs import Decisions
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianConfig:
    """Stops a trial whose best value is worse than the median of the others' running averages."""

    type: Literal["median"] = "median"
    grace_period: GracePeriod = 5
    interval: Annotated[
        int, "Epochs from one decision to the next.", Range(1, 1_000_000, unit="epochs")
    ] = 5
    min_trials: LeastOthers = 5

    def rule(self, max_epochs: int, goal: Goal) -> Median:
        """A new rule, which knows of no trial."""
        return Median(self, max_epochs, goal)


@dataclass(slots=True)
class _Course:
    """What a trial reported so far: its best reward, and the sum and the number of all."""

    best: float = -math.inf
    total: float = 0.0
    count: int = 0


class Median(Decisions):
    """Notes running averages of trials at each rung; stops trials worse than their median."""

    def __init__(self, config: MedianConfig, max_epochs: int, goal: Goal) -> None:
        super().__init__(config.grace_period, config.interval, max_epochs, goal)
        self._min_trials = config.min_trials

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter the average of all reports so far, on the highest rung that is reached."""
        reward = self.reward(number, epoch, value)
        course = self._courses[number]
        course.best = max(course.best, reward)
        course.total += reward
        course.count += 1
        return self.enter(number, self.reached(epoch)[-1:], course.total / course.count)

    def decide(self, number: int) -> str | None:
        """Judge a trial at the last rung that it entered since it was last judged."""
        for rung in self.undecided.pop(number, [])[-1:]:
            best = self._courses[number].best
            others = self.count(rung) - 1
            median = self.quantile_of_others(rung, number, 0.5)
            if others >= self._min_trials and median is not None and best < median:
                value, bound = self.distinct_texts(best, median)
                return Stop(
                    f"stopped by the median rule at epoch {rung}: best {value}, needed {bound} or "
                    f"better, the median of the averages of {others} others",
                    rung=rung,
                    value=self.goal.cost(-best),
                    threshold=self.goal.cost(-median),
                    trials=others + 1,
                )
        return None

    def forget(self) -> None:
        """Forget every trial, and what it reported."""
        super().forget()
        self._courses: defaultdict[int, _Course] = defaultdict(_Course)
