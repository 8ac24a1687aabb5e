"""The sine task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.sine.config import SineConfig, problems

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.sine.data import SineData


class SineFamily(Family[SineConfig]):
    """The sine task."""

    name = "sine"
    config = SineConfig

    def problems(self, config: SineConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return problems(config)

    def load(self, config: SineConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.sine.data import SineData

        return SineData(config)

    def build(
        self, config: SineConfig, data: SineData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.sine.task import SineTask

        return SineTask(config, data, device, dtype)


SINE = SineFamily()
