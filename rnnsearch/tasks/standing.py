"""Which of two results is the better one: the one rule for epochs, trials, finalists, baselines.

A result is judged by the study's metric and, where two are equal in it (an accuracy of 1.0 is
soon reached by many), by the task's own loss on the same part. Where that is equal too, who asks
takes the earlier epoch or the lower trial number, never the one that arrived first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rnnsearch.tasks.base import Goal, Metric


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
    return Standing(value if goal == "minimize" else -value, loss)


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


def own_loss(metrics: Sequence[Metric]) -> str:
    """The name of a task's own loss among the metrics that it reports, or nothing.

    It is the one that the task marks; of a task that marks none, the first that is minimized.
    """
    minimized = (metric.name for metric in metrics if metric.goal == "minimize")
    return next((metric.name for metric in metrics if metric.loss), next(minimized, ""))
