"""The configs of all tasks, and their union."""

from __future__ import annotations

from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig

TaskConfig = SeriesConfig | SineConfig | TextConfig

TASK_CONFIGS: dict[str, type[TaskConfig]] = {
    "series": SeriesConfig,
    "sine": SineConfig,
    "text": TextConfig,
}
"""Config class by the `type` that a space file names."""
