"""The labels task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.labels.config import LabelsConfig, problems
from rnnsearch.tasks.labels.use import LabelsUse
from rnnsearch.tasks.use import Told

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.labels.data import LabelsData


class LabelsFamily(Family[LabelsConfig]):
    """The labels task."""

    name = "labels"
    config = LabelsConfig

    def problems(self, config: LabelsConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return problems(config)

    def load(self, config: LabelsConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.labels.data import LabelsData

        return LabelsData.read(config)

    def stand_in(self, config: LabelsConfig) -> TaskData:
        """See `Family.stand_in`."""
        from rnnsearch.tasks.labels.data import LabelsData

        return LabelsData.stand_in(config)

    def build(
        self, config: LabelsConfig, data: LabelsData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.labels.task import LabelsTask

        return LabelsTask(config, data, device, dtype)

    def use(self, told: Told) -> LabelsUse:
        """See `Family.use`."""
        return LabelsUse(told)

    def facts(self, data: LabelsData) -> dict[str, int | str]:
        """How many sequences there are."""
        return {"sequences": sum(data.rows().values())}


LABELS = LabelsFamily()
