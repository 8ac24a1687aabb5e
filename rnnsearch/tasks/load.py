"""From a task's config to its data, and to the task on a device."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from rnnsearch.errors import DataError
from rnnsearch.own_code import theirs
from rnnsearch.tasks.base import ShownTask, TaskData
from rnnsearch.tasks.config import TaskConfig, task_type
from rnnsearch.tasks.own.declared import head_wrong, refuse, whole_wrong
from rnnsearch.tasks.own.find import is_own, is_whole, own_name

if TYPE_CHECKING:
    import torch

    from rnnsearch.tasks.own.protocol import WholeTask

_HOMES = {
    "adding": ("memory.data:AddingData", "memory.task:AddingTask"),
    "copy": ("memory.data:CopyData", "memory.task:CopyTask"),
    "events": ("events.data:EventsData.read", "events.task:EventsTask"),
    "labels": ("labels.data:LabelsData.read", "labels.task:LabelsTask"),
    "lorenz": ("signals.data:SignalData", "signals.task:SignalTask"),
    "mackey_glass": ("signals.data:SignalData", "signals.task:SignalTask"),
    "series": ("series.data:SeriesData.read", "series.task:SeriesTask"),
    "sine": ("sine.data:SineData", "sine.task:SineTask"),
    "text": ("text.data:TextData.read", "text.task:TextTask"),
    "wave": ("signals.data:SignalData", "signals.task:SignalTask"),
}
"""By type: what makes the data of a config, and the task of a config, its data, a device and a
dtype. Names, so that only what is used is imported, and torch with a task alone."""

_STAND_INS = {
    "events": "events.data:EventsData.stand_in",
    "labels": "labels.data:LabelsData.stand_in",
    "text": "text.data:TextData.stand_in",
}
"""By type: what knows a task's metrics and rules without its file. The metrics of a series name
what stands in the file; other tasks read none."""


def load_data(config: TaskConfig) -> TaskData:
    """Read and split what a task learns from; no torch.

    Raises:
        DataError: The file is missing, empty, unreadable, or too short to split.
    """
    if is_own(name := task_type(config)):
        return _own_data(config)
    data: TaskData = _named(_HOMES[name][0])(config)
    return data


def stand_in_data(config: TaskConfig) -> TaskData | None:
    """Data with the metrics, losses and rules of a config's own, which touches no file.

    Returns:
        None where the metrics hang on the file.

    Raises:
        DataError: The config itself is wrong.
    """
    name = task_type(config)
    if name not in _STAND_INS:
        return None if name == "series" else load_data(config)
    data: TaskData = _named(_STAND_INS[name])(config)
    return data


def build_task(
    config: TaskConfig, data: TaskData, device: torch.device, dtype: torch.dtype
) -> ShownTask:
    """Put a task's data on a device."""
    name = task_type(config)
    if is_own(name) and is_whole(type(config)):
        with theirs(f"{name}.build(data, {device}, {dtype})", DataError):
            built: ShownTask = cast("WholeTask", config).build(data, device, dtype)
        wrong = head_wrong(getattr(built, "head", None))
        refuse(own_name(type(config)), [] if wrong is None else [wrong])
        return built
    place = "own.adapter:LoopedTask" if is_own(name) else _HOMES[name][1]
    task: ShownTask = _named(place)(config, data, device, dtype)
    return task


def _own_data(config: TaskConfig) -> TaskData:
    """The data of a user's task; what it raises is said with its line."""
    from rnnsearch.tasks.own.one_trial import OneTrialData

    name = own_name(type(config))
    if is_whole(type(config)):
        with theirs(f"{name}.load()", DataError):
            data = cast("WholeTask", config).load()
        with theirs(f"what {name}.load() gave", DataError):
            refuse(name, whole_wrong(data))
        return data
    with theirs(name, DataError):
        return OneTrialData(config)


def _named(place: str) -> Any:
    module, _, names = place.partition(":")
    found: Any = import_module(f"rnnsearch.tasks.{module}")
    for name in names.split("."):
        found = getattr(found, name)
    return found
