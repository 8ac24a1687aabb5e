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
"""A goal as people and files write it; `Goal(text)` makes the value of it."""


class Goal(StrEnum):
    """Which way a metric is better; it equals, prints and serialises as its text."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"

    # The digest of a study's space is made of reprs, and is kept in its ledger.
    __repr__ = str.__repr__

    def cost(self, value: float) -> float:
        """The value as a cost, of which less is better: its sign is turned for a goal of more."""
        return value if self is Goal.MINIMIZE else -value

    def better(self, one: float, other: float) -> bool:
        """Whether `one` is truly better than `other`; never where either is NaN."""
        return self.cost(one) < self.cost(other)

    def best(self, values: Iterable[float]) -> float:
        """The best of several values, at least one."""
        return min(values, key=self.cost)

    @property
    def worst(self) -> float:
        """The infinite value to which every other one is better."""
        return self.cost(math.inf)

    @property
    def side(self) -> str:
        """Where better values lie, in a word."""
        return "lower" if self is Goal.MINIMIZE else "higher"


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """How good a result is: of two standings the lower one is better.

    Attributes:
        cost: The study's metric as `Goal.cost` gives it; infinite where there is none.
        loss: The task's own loss on the same part; infinite where it is not known.
    """

    cost: float
    loss: float = math.inf


def standing(goal: Goal, value: float | None, loss: float | None = None) -> Standing:
    """The standing of a value of the study's metric and of the task's own loss beside it.

    A value that is missing or not finite stands worst.
    """
    if value is None or not math.isfinite(value):
        return Standing(math.inf)
    if loss is None or not math.isfinite(loss):
        loss = math.inf
    return Standing(goal.cost(value), loss)


def improved(goal: Goal, best: float | None, value: float | None) -> float | None:
    """The best so far after one more value; one that is missing or not finite changes nothing."""
    return value if standing(goal, value) < standing(goal, best) else best


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares results by the metric of a study.

    Attributes:
        metric: The name of the study's metric.
        goal: Which way that metric is better.
        loss: The name of the loss that decides between equal values; empty where the task reports
            none.
    """

    metric: str
    goal: Goal
    loss: str = ""

    def of(self, metrics: Mapping[str, float]) -> Standing:
        """The standing of the metrics of one epoch or of one baseline, by name."""
        return standing(self.goal, metrics.get(self.metric), metrics.get(self.loss))
