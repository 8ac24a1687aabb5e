"""Which way a metric is better, and which of two results is the better one.

This is the one rule for epochs, trials, finalists and baselines. A result is judged by the
study's metric and, where two are equal in it (an accuracy of 1.0 is soon reached by many), by the
task's own loss on the same part. Where that is equal too, who asks takes the earlier epoch or the
lower trial number, never the one that arrived first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

GoalText = Literal["minimize", "maximize"]
"""A goal as people and files write it; `Goal(text)` is the value."""


class Goal(StrEnum):
    """Which way a metric is better; it equals, prints and serialises as its text."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    # The digest of a study's space is made of reprs, and is kept in its ledger.
    __repr__ = str.__repr__

    def cost(self, value: float) -> float:
        """The value, with its sign turned where more is better: the lower of two is better."""
        return value if self is Goal.MINIMIZE else -value

    def better(self, one: float, other: float) -> bool:
        """Whether `one` is truly better than `other`; never where either is NaN."""
        return self.cost(one) < self.cost(other)

    def best(self, values: Iterable[float]) -> float:
        """The best of one value or more."""
        return min(values, key=self.cost)

    @property
    def worst(self) -> float:
        """The value to which every other is better: an infinite one."""
        return self.cost(math.inf)

    @property
    def side(self) -> str:
        """Where better values lie, in a word."""
        return "lower" if self is Goal.MINIMIZE else "higher"


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """A result's place: the lower of two is the better one.

    Attributes:
        cost: The study's metric, negated where more is better; infinite where there is none.
        loss: The task's own loss; infinite where nobody knows it.
    """

    cost: float
    loss: float = math.inf


def standing(goal: Goal, value: float | None, loss: float | None = None) -> Standing:
    """The place of a value of the study's metric, and of the task's own loss beside it.

    What is missing or not finite is the worst.
    """
    if value is None or not math.isfinite(value):
        return Standing(math.inf)
    if loss is None or not math.isfinite(loss):
        loss = math.inf
    return Standing(goal.cost(value), loss)


@dataclass(frozen=True, slots=True)
class Judge:
    """What a study judges by.

    Attributes:
        metric: The study's metric.
        goal: Which way it is better.
        loss: The metric that breaks its ties; empty where the task reports none.
    """

    metric: str
    goal: Goal
    loss: str = ""

    def of(self, metrics: Mapping[str, float]) -> Standing:
        """The place of one epoch's, or one baseline's, metrics."""
        return standing(self.goal, metrics.get(self.metric), metrics.get(self.loss))
