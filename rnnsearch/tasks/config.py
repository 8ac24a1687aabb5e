"""The configs of all tasks, and their union."""

from __future__ import annotations

from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.config import TextConfig

TaskConfig = SineConfig | TextConfig

TASK_CONFIGS: dict[str, type[TaskConfig]] = {"sine": SineConfig, "text": TextConfig}
"""Config class by the `type` that a space file names."""
