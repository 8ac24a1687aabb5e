"""One trained network with all that it takes to use it, in a folder without pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.nn import functional

from rnnsearch.errors import HorizonError, ModelError, PromptError
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import weight_shapes
from rnnsearch.tasks.base import Head, Part, Predictor
from rnnsearch.tasks.labels.use import Classified, classify
from rnnsearch.tasks.load import ShownTask, build_task, load_data
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.use import forecast_rows
from rnnsearch.tasks.signals.use import continued
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.text.generate import generate
from rnnsearch.tasks.text.vocabulary import Vocabulary
from rnnsearch.training.codec import config_from_json, config_to_json
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.plain import NetworkPredictor
from rnnsearch.training.predictor import padded_state, stack_of_one
from rnnsearch.training.weights import CARRIED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.tasks.base import TaskData
    from rnnsearch.training.weights import Weights

WEIGHTS_FILE = "weights.safetensors"
CONFIG_FILE = "config.json"
OWN_PREDICTIONS = "on its own predictions"

NO_ROLLOUT = {
    "labels": "a model of labels continues nothing; use classify(sequences).",
    "events": "a model of events says how likely each is at the next step and picks none to go on "
    "from; use predict(inputs).",
}
"""By task: why it has none, and what does instead."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A trained network, its config, and what its task says about its symbols or points.

    Attributes:
        config: Of the training that it came out of.
        network: In evaluation mode, on the CPU, in the training's dtype.
        manifest: Of the task's data: a text's vocabulary, a wave's spacing.
        metrics: What training reported at `epoch`.
        epoch: Of the weights, counting from 1.
        carried: The state out of training, (1, layers, batch, hidden) each, where it was kept.
    """

    config: TrialConfig
    network: RecurrentNetwork
    manifest: Mapping[str, Any]
    metrics: Mapping[str, float] = field(default_factory=dict)
    epoch: int = 0
    carried: tuple[Tensor, ...] | None = None

    @classmethod
    def from_weights(cls, config: TrialConfig, weights: Weights, data: TaskData) -> TrainedModel:
        """A model out of a pack's weights and the data that they were trained on.

        Raises:
            ModelError: The weights are not those of such a network.
        """
        shape = data.input_size, data.output_size, data.symbolic
        network, carried = _network(config, *shape, _tensors(weights.tensors), "these weights")
        return cls(config, network, data.manifest(), dict(weights.metrics), weights.epoch, carried)

    @classmethod
    def load(cls, path: str | Path) -> TrainedModel:
        """Read a checkpoint folder.

        Raises:
            ModelError: It is not there, is damaged, or was written by another version.
        """
        folder = Path(path)
        try:
            text = (folder / CONFIG_FILE).read_text(encoding="utf-8")
            raw = (folder / WEIGHTS_FILE).read_bytes()
        except OSError as error:
            raise ModelError(
                f"cannot read a model from {folder}: {error.strerror or error}. A model is a "
                f"folder with {WEIGHTS_FILE} and {CONFIG_FILE}, such as those in a study's "
                "checkpoints folder."
            ) from error
        damaged = f"{folder} is damaged; copy it again from the study's checkpoints folder"
        try:
            said = json.loads(text)
            config = config_from_json(said["config"])
            shape = said["input_size"], said["output_size"], said["symbolic"]
            manifest, metrics, epoch = said["manifest"], said["metrics"], said["epoch"]
            tensors = safetensors.torch.load(raw)
        except (ValueError, KeyError, TypeError, SafetensorError) as error:
            raise ModelError(f"{damaged} ({type(error).__name__}: {error}).") from error
        network, carried = _network(config, *shape, tensors, str(folder))
        return cls(config, network, manifest, metrics, epoch, carried)

    def save(self, path: str | Path) -> None:
        """Write a checkpoint folder: `weights.safetensors` and `config.json`.

        The config comes last and is renamed into place, so a folder that has one is whole.
        """
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = dict(self.network.state_dict())
        for name, part in zip(CARRIED, self.carried or (), strict=False):
            tensors[name] = part[0].contiguous()
        (folder / CONFIG_FILE).unlink(missing_ok=True)
        (folder / WEIGHTS_FILE).write_bytes(safetensors.torch.save(tensors))
        said = {
            "config": config_to_json(self.config),
            "input_size": self.network.input_size,
            "output_size": self.network.head.out_features,
            "symbolic": self.network.symbolic,
            "manifest": dict(self.manifest),
            "metrics": dict(self.metrics),
            "epoch": self.epoch,
        }
        aside = folder / f"{CONFIG_FILE}.new"
        aside.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        aside.replace(folder / CONFIG_FILE)

    @torch.no_grad()
    def predict(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Outputs at every step, from the zero state; of a table, the rows that follow.

        A model of a signal that was scaled takes and gives the units of the signal.

        Args:
            inputs: Numbers (batch, time, feature), or symbols (batch, time) as numbered by the
                vocabulary; of a model of a table, rows as `forecast_rows` takes them.

        Returns:
            The next point (batch, time, output), or natural-log probabilities of the next symbol
            (batch, time, symbol), after each step; in the dtype of the weights. Of a model that
            answers at the end of a sequence, the answer alone (batch, 1, output). Of a model of a
            table, its forecast (batch, horizon, target) in the units of the data; of events, the
            probability of each at the next step (batch, time, event).

        Raises:
            ModelError: The inputs have another shape or hold numbers that are no symbols, or the
                model labels whole sequences.
        """
        if self._of_a_table:
            return self.forecast(inputs)
        if self._task_type == "labels":
            raise ModelError("this model labels whole sequences; use classify(sequences).")
        entered = self._entered(inputs)
        fed = entered.transpose(0, 1).contiguous().unsqueeze(0)
        (outputs,), _ = self.predictor(self.manifest.get("head", "every"))(fed, None)
        loss = self.manifest.get("loss", "cross_entropy" if self.network.symbolic else "mse")
        if self._task_type == "events" or loss == "bce":
            outputs = outputs.sigmoid()
        elif loss == "cross_entropy":
            outputs = functional.log_softmax(outputs, dim=-1)
        return self._left(outputs)

    @torch.no_grad()
    def rollout(self, history: NDArray[Any], steps: int) -> NDArray[Any]:
        """Continue a series on the model's own predictions, from the zero state.

        Errors compound with the horizon; compare only at equal horizons.

        Args:
            history: Known points (batch, time, feature), at least one; fed before the first
                prediction. Of a model of a table, rows in the units of the data.
            steps: Points to predict, at least 1.

        Returns:
            Predictions (batch, steps, feature), in the units of `history`; of a model of a table,
            (batch, steps, target).

        Raises:
            HorizonError: `steps` is below 1.
            ModelError: The model reads symbols, its predictions cannot be fed back, or `history`
                has another shape.
        """
        if self._task_type in NO_ROLLOUT:
            raise ModelError(NO_ROLLOUT[self._task_type])
        if self.network.symbolic:
            raise ModelError("a model of symbols has no rollout; use sample(prompt, length).")
        if self._of_a_table:
            return self.forecast(history, steps)
        if steps < 1:
            raise HorizonError(f"a rollout needs at least 1 step, not {steps}.")
        if self.manifest.get("horizon", 1) > 1:
            raise ModelError(
                f"this model predicts {self.manifest['horizon']} points ahead; its predictions "
                "cannot be fed back. Use predict(inputs)."
            )
        if self.network.head.out_features != self.network.input_size:
            raise ModelError("this model's outputs are not its next inputs; use predict(inputs).")
        known = self._entered(history).transpose(0, 1).contiguous().unsqueeze(0)
        predictor = self.predictor(self.manifest.get("head", "every"))
        return self._left(continued(predictor, known, steps, self.manifest.get("window"))[0])

    def sample(self, prompt: str, length: int, temperature: float = 1.0, seed: int = 0) -> str:
        """Continue a prompt, symbol by symbol, from the zero state.

        Args:
            prompt: At least one symbol, all of them known to the vocabulary.
            length: Symbols to add, at least 1.
            temperature: 1 draws as the model believes, less is bolder, 0 takes the likeliest.
            seed: Equal seeds give equal text.

        Returns:
            The added symbols alone. Of a byte model, bytes that are no UTF-8 become U+FFFD.

        Raises:
            PromptError: The prompt is empty or holds symbols that the vocabulary lacks.
            HorizonError: `length` is below 1.
            ModelError: The model reads numbers, or the temperature is below 0.
        """
        vocabulary = self.vocabulary()
        if length < 1:
            raise HorizonError(f"a sample needs a length of at least 1, not {length}.")
        if not 0 <= temperature < float("inf"):
            raise ModelError(f"the temperature must be a number from 0, not {temperature}.")
        if not prompt:
            raise PromptError("the prompt is empty; give at least one symbol to go on from.")
        fed = torch.tensor(vocabulary.encode(prompt))
        return vocabulary.decode(generate(self.predictor(), fed, length, temperature, seed))

    def vocabulary(self) -> Vocabulary:
        """The symbols of a text model.

        Raises:
            ModelError: The model reads numbers.
        """
        if self._task_type in NO_ROLLOUT:
            raise ModelError(NO_ROLLOUT[self._task_type])
        if not self.network.symbolic or "vocabulary" not in self.manifest:
            raise ModelError(
                "this is no model of a text and has no vocabulary; use rollout(history, steps) "
                "for numbers, predict(inputs) else."
            )
        return Vocabulary.from_json(self.manifest)

    def evaluate(self, part: Part = "val", data: TaskData | None = None) -> dict[str, float]:
        """The task's metrics of a part, computed as during training: of `val` what was recorded.

        On the machine of the training, to the last bit.

        Args:
            data: Of the task; None reads it again from where the config says.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on: other symbols, other sizes.
        """
        task = self.task(data)
        carried = None if self.carried is None else padded_state(self.network, self.carried)
        found = task.evaluate(stack_of_one(self.network, task.head), part, carried)
        return {name: float(value) for name, value in found.items()}

    def task(self, data: TaskData | None = None) -> ShownTask:
        """The model's task on the CPU.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on.
        """
        data = load_data(self.config.task) if data is None else data
        if data.manifest() != json.loads(json.dumps(dict(self.manifest))):
            raise ModelError(
                "the data has changed since the model was trained: its manifest (vocabulary, "
                "spacing) differs from the model's. Evaluate on the data of the training."
            )
        weight = self.network.head.weight
        return build_task(self.config.task, data, weight.device, weight.dtype)

    def say(self, data: TaskData | None = None) -> str:
        """A line or a sample that shows what the model does; empty for a wave.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on.
        """
        task = self.task(data)
        return task.say(self.predictor(task.head))

    def picture(
        self, steps: int | None = None, data: TaskData | None = None
    ) -> Mapping[str, NDArray[Any]] | None:
        """Arrays to draw, such as a rollout over a validation wave: see `tasks.base.Showing`.

        Args:
            steps: Points to predict; None takes the task's longest horizon.

        Returns:
            None for a model that writes symbols.

        Raises:
            HorizonError: `steps` is below 1.
        """
        if self.network.symbolic and self._task_type != "labels":
            return None
        task = self.task(data)
        return task.picture(self.predictor(task.head), steps)

    def forecast(
        self, rows: NDArray[Any], steps: int | None = None, series: str | None = None
    ) -> NDArray[Any]:
        """`tasks.series.use.forecast_rows` of this model.

        Raises:
            HorizonError: More steps than the model or the known columns reach, or fewer than one.
            ModelError: The model is not one of a table, or the rows do not fit it.
        """
        if not self._of_a_table:
            raise ModelError("only a model of a table forecasts rows; use rollout or sample.")
        predictor = self.predictor("last" if self.manifest["strategy"] == "direct" else "every")
        return forecast_rows(self.manifest, predictor, rows, steps, series)

    def classify(self, sequences: Sequence[Any]) -> Classified:
        """`tasks.labels.use.classify` of this model: labels and probabilities of sequences.

        Args:
            sequences: Texts, or arrays (steps, features) in the units of the data.

        Raises:
            ModelError: The model labels nothing, or a sequence is not what it reads.
        """
        if self._task_type != "labels":
            raise ModelError("only a model of labels classifies; use predict, rollout or sample.")
        return classify(self.manifest, self.predictor("last"), sequences)

    @property
    def _task_type(self) -> str:
        return str(self.manifest.get("task"))

    @property
    def _of_a_table(self) -> bool:
        return self._task_type == "series"

    def axis_labels(self) -> tuple[str, str]:
        """What `picture` draws along and up."""
        if isinstance(self.config.task, SeriesConfig):
            return "row", self.config.task.targets[0]
        radians = isinstance(self.config.task, SineConfig)
        return "time (radians)" if radians else "time", "value"

    def picture_caption(self) -> str:
        """How the predictions of `picture` were made."""
        horizon = self.manifest.get("horizon", 1)
        direct = self.manifest.get("strategy", "direct") == "direct"
        return f"{horizon} points ahead" if horizon > 1 and direct else OWN_PREDICTIONS

    def predictor(self, head: Head = "every") -> Predictor:
        """The network as a stack of one, for a task of that head; torch's own modules compute."""
        return NetworkPredictor(self.network, head)

    def _entered(self, inputs: NDArray[Any]) -> Tensor:
        """Checked inputs as a tensor, batch first."""
        network, array = self.network, np.asarray(inputs)
        if network.symbolic:
            if array.ndim != 2 or array.dtype.kind not in "iu" or array.size == 0:
                raise ModelError(
                    "inputs must be whole numbers of shape (batch, time), "
                    f"not {array.dtype} of shape {array.shape}."
                )
            if array.min() < 0 or array.max() >= network.input_size:
                raise ModelError(f"symbols are numbered from 0 to {network.input_size - 1}.")
            return torch.tensor(array.astype(np.int64))
        if array.ndim != 3 or array.shape[2] != network.input_size or array.size == 0:
            raise ModelError(
                f"inputs must have shape (batch, time, {network.input_size}), with at least one "
                f"sequence and step, not {array.shape}."
            )
        if "scaler" in self.manifest:
            array = Scaler.from_json(self.manifest["scaler"]).apply(array)
        return torch.tensor(array, dtype=network.head.weight.dtype)

    def _left(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs (time, batch, output) as an array, batch first, in the units of the data."""
        array = np.ascontiguousarray(outputs.transpose(0, 1).numpy())
        if "scaler" not in self.manifest:
            return array
        return Scaler.from_json(self.manifest["scaler"]).undo(array).astype(array.dtype)


def save_checkpoint(path: Path, config: TrialConfig, weights: Weights, data: TaskData) -> None:
    """Write a pack's weights as a checkpoint folder that `TrainedModel.load` reads."""
    TrainedModel.from_weights(config, weights, data).save(path)


def _tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    return {name: torch.tensor(array) for name, array in arrays.items()}


def _network(
    config: TrialConfig,
    input_size: int,
    output_size: int,
    symbolic: bool,
    tensors: dict[str, Tensor],
    source: str,
) -> tuple[RecurrentNetwork, tuple[Tensor, ...] | None]:
    """The network that holds the weights, and the carried state among them."""
    carried = tuple(tensors[name].unsqueeze(0) for name in CARRIED if name in tensors)
    weights = {name: tensor for name, tensor in tensors.items() if name not in CARRIED}
    shapes = weight_shapes(config.model, input_size, output_size, symbolic)
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    for name in sorted(shapes.keys() | found.keys()):
        if shapes.get(name) != found.get(name):
            raise ModelError(
                f"{source} do not fit the config: {name} should be {shapes.get(name, 'absent')}, "
                f"and is {found.get(name, 'absent')}."
            )
    network = RecurrentNetwork(config.model, input_size, output_size, symbolic)
    network.to(getattr(torch, config.training.dtype))
    network.load_state_dict(weights)
    network.requires_grad_(False).eval()
    return network, carried or None
