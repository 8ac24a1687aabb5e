"""From a task's config to its data, and to the task on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rnnsearch.tasks.base import Task, TaskData
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.families import family_of

if TYPE_CHECKING:
    import torch


def load_data(config: TaskConfig) -> TaskData:
    """Read and split what a task learns from, without torch.

    Raises:
        DataError: The config itself is wrong, or the file is missing, empty, unreadable, or too
            short to split.
    """
    return family_of(config).load(config)


def stand_in_data(config: TaskConfig) -> TaskData | None:
    """Data with the same metrics, losses and rules, for checks that read no file.

    Returns:
        None where the metrics depend on the file.

    Raises:
        DataError: The config itself is wrong.
    """
    return family_of(config).stand_in(config)


def build_task(
    config: TaskConfig, data: TaskData, device: torch.device, dtype: torch.dtype
) -> Task:
    """The task of a config, with its data on a device."""
    return family_of(config).build(config, data, device, dtype)
