"""Loads the data of each task once in the driver, and shares it with every pack."""

from __future__ import annotations

from typing import Any

from rnnsearch.search.tune.sending import sending
from rnnsearch.tasks.base import TaskData
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.load import load_data


class TaskStore(dict[TaskConfig, "TaskData"]):
    """Data by task config, loaded at its first use, which raises DataError if it cannot be read.

    A study whose task is sampled has several configs.
    """

    def __init__(self) -> None:
        super().__init__()
        self._refs: dict[TaskConfig, Any] = {}

    def __missing__(self, config: TaskConfig) -> TaskData:
        self[config] = data = load_data(config)
        return data

    def ref(self, config: TaskConfig) -> Any:
        """A reference to a task's data in Ray's object store, which packs map into memory.

        Raises:
            InputError: It holds what cannot be sent to another process.
        """
        import ray

        if config not in self._refs:
            with sending("what the task learns from"):
                self._refs[config] = ray.put(self[config])
        return self._refs[config]
