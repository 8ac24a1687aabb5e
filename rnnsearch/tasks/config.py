"""The configs of all tasks, and their union."""

from __future__ import annotations

from rnnsearch.tasks.memory.adding import AddingConfig
from rnnsearch.tasks.memory.copying import CopyConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.signals.lorenz import LorenzConfig
from rnnsearch.tasks.signals.mackey_glass import MackeyGlassConfig
from rnnsearch.tasks.signals.wave import WaveConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig

TaskConfig = (
    SeriesConfig
    | SineConfig
    | TextConfig
    | WaveConfig
    | AddingConfig
    | CopyConfig
    | MackeyGlassConfig
    | LorenzConfig
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
}
"""Config class by the `type` that a space file names."""
