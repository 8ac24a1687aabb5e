"""Checkpoint folders of either kind: of a network that a pack trained, and of a person's script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.reading import read_file
from rnnsearch.tasks.families import family_of
from rnnsearch.training.checkpoint import CONFIG_FILE, MOST_CONFIG_BYTES, Checkpoint
from rnnsearch.training.script.model import ScriptModel, is_script
from rnnsearch.training.trained import TrainedModel

if TYPE_CHECKING:
    from rnnsearch.tasks.base import TaskData
    from rnnsearch.training.config import TrialConfig
    from rnnsearch.training.weights import Weights


def load_model(path: str | Path, *, allow_code: bool = False) -> TrainedModel | ScriptModel:
    """Read a checkpoint folder.

    Args:
        allow_code: As for `TrainedModel.load`; a script's state is loaded without its code.

    Raises:
        ModelError: It is not there, is damaged, was written by another version, or names code
            that is not allowed.
    """
    try:
        stored = json.loads(read_file(Path(path) / CONFIG_FILE, MOST_CONFIG_BYTES).decode())
    except (OSError, ValueError, RecursionError):
        stored = {}  # TrainedModel.load, below, meets the same and names the reason
    if isinstance(stored, dict) and is_script(stored):
        return ScriptModel.load(path)
    return TrainedModel.load(path, allow_code=allow_code)


def save_model(path: Path, config: TrialConfig, weights: Weights, data: TaskData) -> None:
    """Write what left a pack as a checkpoint folder, aside and renamed."""
    if family_of(config.task).own_loop:
        ScriptModel.from_weights(config, weights, data.manifest()).save(path)
    else:
        Checkpoint.from_weights(config, weights, data).save(path)
