"""The configs of all tasks, and their union."""

from __future__ import annotations

from importlib import import_module

from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.memory.copying import CopyConfig
from rnnsearch.tasks.own.find import OwnConfig, is_own, own_class, own_name, own_problems
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.signals.lorenz import LorenzConfig
from rnnsearch.tasks.signals.mackey_glass import MackeyGlassConfig
from rnnsearch.tasks.signals.wave import WaveConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig

TaskConfig = (
    EventsConfig
    | LabelsConfig
    | SeriesConfig
    | SineConfig
    | TextConfig
    | WaveConfig
    | AddingConfig
    | CopyConfig
    | MackeyGlassConfig
    | LorenzConfig
    | OwnConfig
)

TASK_CONFIGS: dict[str, type[TaskConfig]] = {
    "series": SeriesConfig,
    "sine": SineConfig,
    "text": TextConfig,
    "wave": WaveConfig,
    "adding": AddingConfig,
    "copy": CopyConfig,
    "mackey_glass": MackeyGlassConfig,
    "lorenz": LorenzConfig,
    "labels": LabelsConfig,
    "events": EventsConfig,
}
"""Config class by the `type` that a space file names; users' own are found by `config_class`."""


def config_class(name: str) -> type[TaskConfig]:
    """The config class that a `task.type` names, a user's own too.

    Raises:
        DataError: There is none.
    """
    return own_class(name) if is_own(name) else TASK_CONFIGS[name]


def task_type(config: TaskConfig) -> str:
    """The `type` under which `config_class` finds a config's class."""
    known = TASK_CONFIGS.get(getattr(config, "type", ""))
    return str(getattr(config, "type", "")) if known is type(config) else own_name(type(config))


def problems(config: TaskConfig) -> list[tuple[str, str]]:
    """What a task's own config finds wrong with itself: a key below `task`, and why."""
    if is_own(task_type(config)):
        return own_problems(config)
    found: list[tuple[str, str]] = import_module(type(config).__module__).problems(config)
    return found
