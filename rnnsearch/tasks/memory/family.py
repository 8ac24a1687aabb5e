"""The tests of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.family import Family
from rnnsearch.tasks.memory import adding, copying
from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.memory.copying import CopyConfig

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import ShownTask, TaskData
    from rnnsearch.tasks.memory.data import AddingData, CopyData


class AddingFamily(Family[AddingConfig]):
    """The adding problem."""

    name = "adding"
    config = AddingConfig

    def problems(self, config: AddingConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return adding.problems(config)

    def load(self, config: AddingConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.memory.data import AddingData

        return AddingData(config)

    def build(
        self, config: AddingConfig, data: AddingData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.memory.task import AddingTask

        return AddingTask(config, data, device, dtype)


class CopyFamily(Family[CopyConfig]):
    """The copy problem."""

    name = "copy"
    config = CopyConfig
    shuffled = True

    def problems(self, config: CopyConfig) -> list[tuple[str, str]]:
        """See `Family.problems`."""
        return copying.problems(config)

    def load(self, config: CopyConfig) -> TaskData:
        """See `Family.load`."""
        from rnnsearch.tasks.memory.data import CopyData

        return CopyData(config)

    def build(
        self, config: CopyConfig, data: CopyData, device: torch.device, dtype: torch.dtype
    ) -> ShownTask:
        """See `Family.build`."""
        from rnnsearch.tasks.memory.task import CopyTask

        return CopyTask(config, data, device, dtype)


ADDING, COPY = AddingFamily(), CopyFamily()
