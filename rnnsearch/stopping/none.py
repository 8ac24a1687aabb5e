"""No stopping: every trial trains to its last epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.mo_asha import Others
from rnnsearch.stopping.rungs import RungRule


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneConfig:
    """Trains every trial to its last epoch."""

    type: Literal["none"] = "none"

    def rule(self, max_epochs: int, goal: Goal) -> NoStopping:
        """A rule that only counts the complete trials."""
        return NoStopping(max_epochs)

    def rule_by_goals(self, max_epochs: int, goal: Goal, others: Others) -> NoStopping:
        """The same, however many goals there are."""
        return NoStopping(max_epochs)


class NoStopping(RungRule):
    """Its only rung is the last epoch, whichever way the metric is better."""

    def __init__(self, max_epochs: int) -> None:
        super().__init__((max_epochs,), Goal.MINIMIZE, grace=1)
