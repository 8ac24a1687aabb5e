"""What is known of a trained model apart from its weights: what its checkpoint says, how its
training went, and how a command names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from rnnsearch.tasks.base import State


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a checkpoint says of a trained network, apart from its weights.

    Attributes:
        task: The config of its task, as JSON values.
        manifest: `TaskData.manifest` of the data that it learned from. `Use` reads four of its
            entries, of any task: `loss`, which it was trained on; `scaler`, of the points that it
            reads and predicts; `horizon`, how many points ahead it predicts; `window`, how many
            points from the zero state on it has seen in training.
        input_size: Features of its inputs, or symbols of its vocabulary.
        output_size: Outputs of its head.
        symbolic: Whether it reads symbols.
    """

    task: Mapping[str, Any]
    manifest: Mapping[str, Any]
    input_size: int = 0
    output_size: int = 0
    symbolic: bool = False

    @classmethod
    def from_checkpoint(cls, config: Mapping[str, Any]) -> ModelDescription:
        """Read the content of a checkpoint's `config.json`, in which older ones lack the sizes."""
        keys = ("input_size", "output_size", "symbolic")
        sizes = {key: config[key] for key in keys if key in config}
        return cls(config["config"]["task"], config["manifest"], **sizes)


@dataclass(frozen=True, slots=True)
class Course:
    """How the training of a model went.

    Attributes:
        curves: Values of the study's metric and of the training loss, by name and then by epoch.
        answers: What the model answered after each epoch, of a task that is `base.Telling`.
        epoch: The epoch after which the weights were kept that are the model.
        carried: The state out of training, where it was kept.
    """

    curves: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    answers: Mapping[int, str] = field(default_factory=dict)
    epoch: int = 0
    carried: State = None


class CommandTarget(Protocol):
    """The model that a command of `rnnsearch` is about."""

    @property
    def model(self) -> str:
        """The model as the person named it on the command line."""
        ...

    def command(self, verb: str, *words: object) -> str:
        """The text of another command about the same model, which runs as it is printed."""
        ...
