"""The sine task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.points import PointsUse
from rnnsearch.tasks.sine.config import SineConfig, problems
from rnnsearch.tasks.use import Told

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.sine.data import SineData


class SineFamily(Family[SineConfig]):
    """The sine task."""

    name = "sine"
    config = SineConfig
    # A wave has no natural epoch.
    defaults = MappingProxyType({"training.steps_per_epoch": 100})

    def problems(self, config: SineConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return problems(config)

    def load(self, config: SineConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.sine.data import SineData

        return SineData(config)

    def judged_by(self, values: Mapping[str, Any], metrics: Sequence[str]) -> str:
        """The longest rollout, as a wave will be used."""
        steps = values.get("task.rollout.steps")
        longest = f"val_rollout_rmse_{max(steps)}" if isinstance(steps, tuple) else ""
        return longest if longest in metrics else metrics[0]

    def build(
        self, config: SineConfig, data: SineData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.sine.task import SineTask

        return SineTask(config, data, device, dtype)

    def use(self, told: Told) -> PointsUse:
        """See `Family.use`."""
        return PointsUse(told)


SINE = SineFamily()
