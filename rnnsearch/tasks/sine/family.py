"""The sine task, as all other rooms know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.points import PointsUse
from rnnsearch.tasks.sine.config import SineConfig, problems


class _Sine(Family):
    """What is asked of waves alone."""

    def judged_by(self, values: Mapping[str, Any], metrics: Sequence[str]) -> str:
        """The error of the longest rollout, since a model of a wave is used to go on with it."""
        steps = values.get("task.rollout.steps")
        longest = f"val_rollout_rmse_{max(steps)}" if isinstance(steps, tuple) else ""
        return longest if longest in metrics else metrics[0]


SINE = _Sine(
    name="sine",
    config=SineConfig,
    wrong=problems,
    data="rnnsearch.tasks.sine.data:SineData",
    task="rnnsearch.tasks.sine.task:SineTask",
    used_as=PointsUse,
    defaults={"training.steps_per_epoch": 100},  # a wave has no natural epoch
)
