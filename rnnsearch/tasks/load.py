"""From a task's config to its data, and to the task on a device."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from rnnsearch.tasks.base import Showing, Task, TaskData
from rnnsearch.tasks.config import TaskConfig

if TYPE_CHECKING:
    import torch

_HOMES = {
    "adding": ("memory.data:AddingData", "memory.task:AddingTask"),
    "copy": ("memory.data:CopyData", "memory.task:CopyTask"),
    "lorenz": ("signals.data:SignalData", "signals.task:SignalTask"),
    "mackey_glass": ("signals.data:SignalData", "signals.task:SignalTask"),
    "series": ("series.data:SeriesData.read", "series.task:SeriesTask"),
    "sine": ("sine.data:SineData", "sine.task:SineTask"),
    "text": ("text.data:TextData.read", "text.task:TextTask"),
    "wave": ("signals.data:SignalData", "signals.task:SignalTask"),
}
"""By type: what makes the data of a config, and the task of a config, its data, a device and a
dtype. Names, so that only what is used is imported, and torch with a task alone."""


class ShownTask(Task, Showing, Protocol):
    """What packs train and people look at."""


def load_data(config: TaskConfig) -> TaskData:
    """Read and split what a task learns from; no torch.

    Raises:
        DataError: The file is missing, empty, unreadable, or too short to split.
    """
    data: TaskData = _named(_HOMES[config.type][0])(config)
    return data


def build_task(
    config: TaskConfig, data: TaskData, device: torch.device, dtype: torch.dtype
) -> ShownTask:
    """Put a task's data on a device."""
    task: ShownTask = _named(_HOMES[config.type][1])(config, data, device, dtype)
    return task


def _named(place: str) -> Any:
    module, _, names = place.partition(":")
    found: Any = import_module(f"rnnsearch.tasks.{module}")
    for name in names.split("."):
        found = getattr(found, name)
    return found
