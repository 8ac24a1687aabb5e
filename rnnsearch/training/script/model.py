"""What a training script made: the state of its best epoch, in a folder without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Self

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from rnnsearch.errors import ModelError, PackError
from rnnsearch.figures.figure import Figure
from rnnsearch.reading import read_file
from rnnsearch.training.checkpoint import (
    CONFIG_FILE,
    MOST_CONFIG_BYTES,
    MOST_WEIGHTS_BYTES,
    SCRIPT_STATE,
    WEIGHTS_FILE,
    put_files,
)
from rnnsearch.training.codec import (
    config_from_json,
    config_to_json,
    history_from_json,
    history_to_json,
)
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.loss_curve import loss_curve
from rnnsearch.training.script.run import STATE
from rnnsearch.training.state_tree import from_arrays
from rnnsearch.training.weights import History, Weights


@dataclass(frozen=True, eq=False)
class ScriptModel:
    """The state that a training script yielded at its best epoch.

    Attributes:
        config: Of the training; its `params` are the values of the script's own keys.
        arrays: The state as `training.state_tree` keeps it.
        manifest: The source of the script's module, under `source`.
        metrics: What the script yielded at `epoch`.
        epoch: Counting from 1.
        history: Of the training; None where it was not noted.
    """

    config: TrialConfig
    arrays: Mapping[str, np.ndarray[Any, Any]] = field(repr=False)
    manifest: Mapping[str, Any] = field(repr=False)
    metrics: Mapping[str, float]
    epoch: int
    history: History | None = field(default=None, repr=False)

    @property
    def state(self) -> Any:
        """What the script yielded beside its metrics, tensors on the CPU; each time a copy.

        None of a script that yields no state.
        """
        return from_arrays(self.arrays, STATE) if self.arrays else None

    @property
    def params(self) -> dict[str, Any]:
        """The values of the script's own keys in this training."""
        return dict(self.config.params)

    @classmethod
    def from_weights(
        cls, config: TrialConfig, weights: Weights, manifest: Mapping[str, Any]
    ) -> Self:
        """A model out of what left a pack."""
        return cls(
            config, weights.tensors, manifest, dict(weights.metrics), weights.epoch, weights.history
        )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a checkpoint folder; runs no code of the script.

        Raises:
            ModelError: It is not there, is damaged, or is not that of a script.
        """
        folder = Path(path)
        try:
            description = json.loads(read_file(folder / CONFIG_FILE, MOST_CONFIG_BYTES).decode())
            raw = read_file(folder / WEIGHTS_FILE, MOST_WEIGHTS_BYTES)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ModelError(f"cannot read a script's state from {folder}: {reason}.") from error
        if not is_script(description):
            raise ModelError(f"{folder} holds a network; load it with rnnsearch.TrainedModel.load.")
        try:
            arrays = safetensors.numpy.load(raw)
            if description[SCRIPT_STATE] is not None:
                text = json.dumps(description[SCRIPT_STATE]).encode()
                arrays[STATE] = np.frombuffer(text, dtype=np.uint8)
                from_arrays(arrays, STATE)
            history = description.get("history") and history_from_json(description["history"])
            config = config_from_json(description["config"])
            return cls(
                config,
                arrays,
                description["manifest"],
                description["metrics"],
                description["epoch"],
                history or None,
            )
        except (ValueError, KeyError, TypeError, SafetensorError, PackError) as error:
            raise ModelError(
                f"{folder} is damaged; copy it again from the study's checkpoints folder "
                f"({type(error).__name__}: {error})."
            ) from error

    def save(self, path: str | Path) -> None:
        """Write a checkpoint folder: the tensors as `weights.safetensors`, the rest as
        `config.json`, which comes last."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        tree = json.loads(self.arrays[STATE].tobytes().decode()) if self.arrays else None
        tensors = {name: array for name, array in self.arrays.items() if name != STATE}
        description = {
            "config": config_to_json(self.config),
            SCRIPT_STATE: tree,
            "manifest": dict(self.manifest),
            "metrics": dict(self.metrics),
            "epoch": self.epoch,
            **({} if self.history is None else {"history": history_to_json(self.history)}),
        }
        put_files(folder, description, safetensors.numpy.save(tensors))

    def evaluate(self, part: object = "val", data: object = None) -> dict[str, float]:
        """Nothing: what is to be known of a script's state, the script yields."""
        del part, data
        return {}

    def say(self, data: object = None) -> str:
        """Nothing: a script's state is not asked."""
        del data
        return ""

    def figures(self, data: object = None) -> Sequence[Figure]:
        """The picture of its training, where that is known."""
        return self.loss_curves(data)

    def loss_curves(self, data: object = None) -> Sequence[Figure]:
        """See `TrainedModel.loss_curves`."""
        del data
        figure = None if self.history is None else loss_curve(self.history, self.epoch, "")
        return [] if figure is None else [figure]

    def served(self, given: Any, parameters: Mapping[str, Any] | None = None) -> NoReturn:
        """Say how the registered model is used.

        Raises:
            ModelError: In any case.
        """
        del given, parameters
        raise ModelError(
            "a script's model is the state that it yielded, and rnnsearch does not know what "
            "computes with it: `mlflow.artifacts.download_artifacts(model_uri + '/artifacts')` "
            "gives a folder with the checkpoint's; take `rnnsearch.ScriptModel.load(FOLDER).state` "
            "of that, and load it into your own module. `rnnsearch best` prints the lines."
        )


def is_script(description: Mapping[str, Any]) -> bool:
    """Whether the content of a `config.json` is that of a script's state."""
    return SCRIPT_STATE in description
