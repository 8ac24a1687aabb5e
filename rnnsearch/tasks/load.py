"""From a task's config to its data, and to the task on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.sine.config import SineConfig

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.base import TaskData
    from rnnsearch.tasks.sine.task import SineTask
    from rnnsearch.tasks.text.task import TextTask


def load_data(config: TaskConfig) -> TaskData:
    """Read and split what a task learns from; no torch.

    Raises:
        DataError: The file is missing, empty, unreadable, or too short to split.
    """
    if isinstance(config, SineConfig):
        from rnnsearch.tasks.sine.data import SineData

        return SineData(config)
    from rnnsearch.tasks.text.data import TextData

    return TextData.read(config)


def build_task(
    config: TaskConfig, data: TaskData, device: torch.device, dtype: torch.dtype
) -> SineTask | TextTask:
    """Put a task's data on a device; what comes out is a `Task` and a `Showing`."""
    if isinstance(config, SineConfig):
        from rnnsearch.tasks.sine.data import SineData
        from rnnsearch.tasks.sine.task import SineTask

        assert isinstance(data, SineData), "data of another task"
        return SineTask(config, data, device, dtype)
    from rnnsearch.tasks.text.data import TextData
    from rnnsearch.tasks.text.task import TextTask

    assert isinstance(data, TextData), "data of another task"
    return TextTask(config, data, device, dtype)
