"""What a trained model of a task can do: the questions, and the answers that most tasks share.

A task whose models can do more, or less, has a class of its own below `Use`, in its folder. A
user's own task has one as its class attribute `use`. Nothing here knows how a network was trained:
it comes as a `Predictor`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.figures.figure import Figure
from rnnsearch.tasks.base import Head, Predictor, State, Task
from rnnsearch.tasks.frames import as_array
from rnnsearch.tasks.pictures import picture_of
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.signature import Signature

if TYPE_CHECKING:
    from torch import Tensor

MOST_STEPS = 1_000_000
"""Points, rows or symbols that are predicted at most: as many as can be meant."""

OWN_PREDICTIONS = "on its own predictions"


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What a checkpoint says of a trained network, all but its weights.

    Attributes:
        task: The config of its task, as JSON values.
        manifest: Of the data that it learned from: `TaskData.manifest`. Of these entries any
            task's model makes something: `loss`, what it was trained on; `scaler`, of the points
            that it reads and predicts; `horizon`, how many points ahead it predicts; `window`,
            how many points it has always seen from the zero state on.
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
        curves: Of the study's metric and the training loss, by name and then by epoch.
        said: What the model said after each epoch, of a task that tells it.
        epoch: Whose weights are the model.
        carried: The state out of training, where it was kept.
    """

    curves: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    said: Mapping[int, str] = field(default_factory=dict)
    epoch: int = 0
    carried: State = None


class CommandTarget(Protocol):
    """A model that a command of `rnnsearch` was asked about."""

    @property
    def model(self) -> str:
        """As the person named it."""
        ...

    def command(self, verb: str, *words: object) -> str:
        """Another command about the same model, which runs as it is printed."""
        ...


class Use:
    """What a trained model can do.

    Args:
        description: What its checkpoint says of the model.
    """

    head: Head = "every"
    """When its task asks for outputs, of a checkpoint that does not say."""

    does = ""
    """What it does, after its name; `how` goes on."""

    def __init__(self, description: ModelDescription) -> None:
        self.description = description
        self.told = description  # the name under which classes of custom tasks may read it
        self.manifest = description.manifest
        if description.manifest.get("head") == "last":
            self.head = "last"

    # What `TrainedModel` answers; `predictor` is always of one network.

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """See `TrainedModel.predict`."""
        (outputs,), _ = predictor(self.entered(predictor, inputs), None)
        return self.left(self.answered(outputs))

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        from rnnsearch.tasks.closed_loop import continuation

        if self.description.symbolic:
            raise ModelError("a model of symbols has no rollout; use sample(prompt, length).")
        if not 1 <= steps <= MOST_STEPS:
            raise HorizonError(f"a rollout has 1 to {MOST_STEPS:,} steps, not {steps:,}.")
        if self.manifest.get("horizon", 1) > 1:
            raise ModelError(
                f"this model predicts {self.manifest['horizon']} points ahead; its predictions "
                "cannot be fed back. Use predict(inputs)."
            )
        if self.description.output_size != self.description.input_size:
            raise ModelError("this model's outputs are not its next inputs; use predict(inputs).")
        known = self.entered(predictor, history)
        return self.left(continuation(predictor, known, steps, self.manifest.get("window"))[0])

    def sample(
        self, predictor: Predictor, prompt: str, length: int, temperature: float, seed: int
    ) -> str:
        """See `TrainedModel.sample`."""
        del predictor, prompt, length, temperature, seed
        raise ModelError(self.writes_nothing())

    def vocabulary(self) -> Any:
        """See `TrainedModel.vocabulary`."""
        raise ModelError(self.writes_nothing())

    def writes_nothing(self) -> str:
        """Why it goes on with no text, and what does instead."""
        return (
            "this is no model of a text and has no vocabulary; use rollout(history, steps) "
            "for numbers, predict(inputs) else."
        )

    def forecast(
        self,
        predictor: Predictor,
        rows: Any,
        steps: int | None,
        series: str | None,
        new_series: bool,
    ) -> Any:
        """See `TrainedModel.forecast`."""
        del predictor, rows, steps, series, new_series
        raise ModelError("only a model of a table forecasts rows; use rollout or sample.")

    def classify(self, predictor: Predictor, sequences: Any) -> Any:
        """See `TrainedModel.classify`."""
        del predictor, sequences
        raise ModelError("only a model of labels classifies; use predict, rollout or sample.")

    def answered(self, outputs: Tensor) -> Tensor:
        """Outputs of the head as what they mean: chances of logits, by the loss of training."""
        loss = self.manifest.get("loss", "cross_entropy" if self.description.symbolic else "mse")
        if loss == "bce":
            return outputs.sigmoid()
        return outputs.log_softmax(dim=-1) if loss == "cross_entropy" else outputs

    def entered(self, predictor: Predictor, inputs: Any) -> Tensor:
        """Checked inputs of a person, batch first, as a predictor takes them: [1, T, B, ...]."""
        import torch

        symbolic, size = self.description.symbolic, self.description.input_size
        array = as_array(inputs, symbolic)
        if symbolic:
            if array.ndim != 2 or array.dtype.kind not in "iu" or array.size == 0:
                raise ModelError(
                    "inputs must be whole numbers of shape (batch, time), "
                    f"not {array.dtype} of shape {array.shape}."
                )
            if array.min() < 0 or array.max() >= size:
                raise ModelError(f"symbols are numbered from 0 to {size - 1}.")
            fed = torch.tensor(array.astype(np.int64))
        else:
            if array.ndim != 3 or array.shape[2] != size or array.size == 0:
                raise ModelError(
                    f"inputs must have shape (batch, time, {size}), with at least one "
                    f"sequence and step, not {array.shape}."
                )
            if "scaler" in self.manifest:
                array = Scaler.from_json(self.manifest["scaler"]).apply(array)
            fed = torch.tensor(array, dtype=predictor.dtype)
        return fed.transpose(0, 1).contiguous().unsqueeze(0).to(predictor.device)

    def left(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs [T, B, O] as an array, batch first, in the units of the data."""
        array = np.ascontiguousarray(outputs.transpose(0, 1).cpu().numpy())
        if "scaler" not in self.manifest:
            return array
        return Scaler.from_json(self.manifest["scaler"]).undo(array).astype(array.dtype)

    # What a registered model answers.

    def signature(self) -> Signature:
        """What `served` takes and gives."""
        description = self.description
        shape = (-1, -1, description.output_size)
        if description.symbolic:
            return Signature("symbols as whole numbers, shape (batch, time)", shape)
        read = f"numbers of any type, shape (batch, time, {description.input_size})"
        return Signature(read, shape, (("rollout_steps", 0),))

    def example(self) -> Any:
        """An input that `served` takes: some symbols, or a wave."""
        if self.description.symbolic:
            return np.arange(10, dtype=np.int64)[None] % self.description.input_size
        wave = np.sin(np.linspace(0.0, 2.0, 10, dtype=np.float32))
        return np.repeat(wave[None, :, None], self.description.input_size, axis=2)

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> Any:
        """What the registered model's `predict` gives.

        Args:
            given: Numbers of any type, shape (batch, time, feature), in the units of the data, or
                a DataFrame whose rows are the steps of one sequence; or symbols, whole numbers,
                shape (batch, time).
            parameters: `rollout_steps`: 0 predicts one step from each; n above 0 feeds the model
                its own predictions for n steps.

        Returns:
            Shape (batch, time, feature), or (batch, n, feature) for a rollout; of symbols,
            natural-log probabilities (batch, time, symbol).
        """
        steps = int(parameters.get("rollout_steps", 0))
        return self.rollout(predictor, given, steps) if steps else self.predict(predictor, given)

    # What commands say and show of it.

    def command(self, said: str) -> tuple[object, ...] | None:
        """The command of `rnnsearch` that shows it off: its verb, and what stands after the model.

        Args:
            said: What the model said at the end of its study.

        Returns:
            None where no command does.
        """
        del said
        return None

    def code(self) -> str:
        """A Python expression that asks the loaded `model` something; `numpy` is imported."""
        return f"model.predict({self.zeros()})"

    def zeros(self) -> str:
        """A Python expression of inputs."""
        if self.description.symbolic:
            return "numpy.zeros((1, 10), dtype=int)"
        return f"numpy.zeros((1, 10, {self.description.input_size}))"

    def how(self, asked: CommandTarget) -> str:
        """How a command asks it something, as the end of a sentence."""
        del asked
        return "."

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """What a command that it cannot follow says instead, by the command's verb."""
        instead = f"; it {self.does}{self.how(asked)}" if self.does else "."
        return {"classify": f"{asked.model} learned no labels{instead}"}

    def sequences(self, path: Path) -> list[tuple[str, Any]]:
        """What of a file `classify` takes, each with its name.

        Raises:
            DataError: The file cannot be read, or is not what the model reads.
        """
        del path
        raise ModelError(self.writes_nothing())

    @property
    def pictured(self) -> bool:
        """Whether its task draws a picture of it."""
        return not self.description.symbolic

    def caption(self) -> str:
        """How the predictions of a picture were made."""
        horizon = int(self.manifest.get("horizon", 1))
        return f"{horizon} points ahead" if horizon > 1 else OWN_PREDICTIONS

    def figure(
        self, task: Callable[[], Task], predictor: Predictor, course: Course
    ) -> Figure | None:
        """What is shown of it at the end of a study; None leaves that to the curve of its training.

        Args:
            task: Builds its task, which reads the data.
        """
        if not self.pictured:
            return None
        return picture_of(task(), predictor, self.caption(), carried=course.carried)
