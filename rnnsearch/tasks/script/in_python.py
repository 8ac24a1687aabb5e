"""A training script as the task of a study that is made in Python."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rnnsearch.goal import GoalText


@dataclass(frozen=True, kw_only=True, eq=False)
class Script:
    """A training loop of one's own, a generator function, as the task of a study.

    The function may live in the script or notebook that makes the study; see `given_code`.

    Attributes:
        function: Called as `function(config, state=None)`; yields metrics and state an epoch.
        metric, goal, process, stop_grace_period: As in a space file.
    """

    function: Callable[..., Any]
    metric: str = "val_loss"
    goal: GoalText = "minimize"
    process: str = "shared"
    stop_grace_period: timedelta = timedelta(seconds=5)

    def section(self) -> dict[str, Any]:
        """What a space file says under `task`."""
        own = {"stop_grace_period": self.stop_grace_period} if self.process == "own" else {}
        return {
            "type": "script",
            "function": self.function,
            "metric": self.metric,
            "goal": self.goal,
            "process": self.process,
            **own,
        }
