"""One trained network, in use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.errors import HorizonError, ModelError, PromptError
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.tasks.base import Part, Predictor, ShownTask
from rnnsearch.tasks.fingerprint import changes, fingerprint
from rnnsearch.tasks.frames import as_array, is_frame
from rnnsearch.tasks.labels.use import classify, classify_frame
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.panels import Panelled
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.use import MOST_STEPS, forecast_frame, forecast_rows
from rnnsearch.tasks.signals.use import continued
from rnnsearch.tasks.text.generate import generate
from rnnsearch.tasks.text.vocabulary import Vocabulary
from rnnsearch.training.checkpoint import Checkpoint
from rnnsearch.training.plain import NetworkPredictor
from rnnsearch.training.predictor import padded_state, stack_of_one

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.tasks.base import TaskData

OWN_PREDICTIONS = "on its own predictions"

_STEPS = {"every": "every step", "last": "the last step"}

NO_ROLLOUT = {
    "labels": "a model of labels continues nothing; use classify(sequences).",
    "events": "a model of events says how likely each is at the next step and picks none to go on "
    "from; use predict(inputs).",
}
"""By task: why it has none, and what does instead."""


class TrainedModel(Checkpoint):
    """A checkpoint in use: it predicts, goes on, answers, and is judged."""

    @torch.no_grad()
    def predict(self, inputs: Any) -> Any:
        """Outputs at every step, from the zero state; of a table, the rows that follow.

        A model of a signal that was scaled takes and gives the units of the signal.

        Args:
            inputs: Numbers (batch, time, feature), or symbols (batch, time) as numbered by the
                vocabulary; of a model of a table, rows as `forecast` takes them.

        Returns:
            The next point (batch, time, output), or natural-log probabilities of the next symbol
            (batch, time, symbol), after each step; in the dtype of the weights. Of a model that
            answers at the end of a sequence, the answer alone (batch, 1, output). Of a model of a
            table, its forecast (batch, horizon, target) in the units of the data (of a DataFrame,
            a DataFrame); of events, the probability of each at the next step (batch, time, event).

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
        (outputs,), _ = self.predictor()(fed, None)
        loss = self.manifest.get("loss", "cross_entropy" if self.network.symbolic else "mse")
        if self._task_type == "events" or loss == "bce":
            outputs = outputs.sigmoid()
        elif loss == "cross_entropy":
            outputs = functional.log_softmax(outputs, dim=-1)
        return self._left(outputs)

    @torch.no_grad()
    def rollout(self, history: Any, steps: int) -> Any:
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
        if not 1 <= steps <= MOST_STEPS:
            raise HorizonError(f"a rollout has 1 to {MOST_STEPS:,} steps, not {steps:,}.")
        if self.manifest.get("horizon", 1) > 1:
            raise ModelError(
                f"this model predicts {self.manifest['horizon']} points ahead; its predictions "
                "cannot be fed back. Use predict(inputs)."
            )
        if self.network.head.out_features != self.network.input_size:
            raise ModelError("this model's outputs are not its next inputs; use predict(inputs).")
        known = self._entered(history).transpose(0, 1).contiguous().unsqueeze(0)
        return self._left(continued(self.predictor(), known, steps, self.manifest.get("window"))[0])

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
        if not 1 <= length <= MOST_STEPS:
            raise HorizonError(f"a sample has 1 to {MOST_STEPS:,} symbols, not {length:,}.")
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
        found = task.evaluate(stack_of_one(self.network, self.head), part, carried)
        return {name: float(value) for name, value in found.items()}

    def task(self, data: TaskData | None = None) -> ShownTask:
        """The model's task on the CPU.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on.
        """
        data = self._read_again() if data is None else data
        remembered = json.loads(json.dumps(dict(self.manifest)))
        now = data.manifest()
        # A model of an older version remembers less.
        if any(now.get(key) != value for key, value in remembered.items()):
            raise ModelError(
                "the data has changed since the model was trained: its manifest (vocabulary, "
                "spacing) differs from the model's. Evaluate on the data of the training."
            )
        weight = self.network.head.weight
        task = build_task(self.config.task, data, weight.device, weight.dtype)
        if task.head != self.head:
            raise ModelError(
                f"the task's code has changed since the model was trained: it asks for outputs at "
                f"{_STEPS[task.head]}, and the model learned to answer at {_STEPS[self.head]}."
            )
        return task

    def _read_again(self) -> TaskData:
        """The data of the training; parts of other data hold other rows, and no score compares."""
        data = load_data(self.config.task)
        now = None if self.read is None else fingerprint(self.config.task, data)
        if self.read is not None and now is not None and (told := changes(self.read, now)):
            raise ModelError(
                f"the data has changed since the model was trained:\n  {told}\n"
                "Put back what was there. To use the model on other data, give it that: "
                "predict(inputs), rollout(history, steps), or the registered model's predict."
            )
        return data

    def say(self, data: TaskData | None = None) -> str:
        """A line or a sample that shows what the model does; empty for a wave.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on.
        """
        return self.task(data).say(self.predictor())

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
        task, own = self.task(data), self.predictor()
        if isinstance(task, Panelled):
            return task.panels(own, steps, self.carried).shown[0].arrays()
        return task.picture(own, steps)

    def forecast(
        self,
        rows: Any,
        steps: int | None = None,
        series: str | None = None,
        new_series: bool = False,
    ) -> Any:
        """`tasks.series.use.forecast_rows` of this model, or of a DataFrame, `forecast_frame`.

        Raises:
            HorizonError: More steps than the model or the known columns reach, or fewer than one.
            ModelError: The model is not one of a table, or the rows do not fit it.
            DataError: A cell of a DataFrame is no number or no time.
        """
        if not self._of_a_table:
            raise ModelError("only a model of a table forecasts rows; use rollout or sample.")
        if is_frame(rows):
            return forecast_frame(self.manifest, self.predictor(), rows, steps, new_series)
        return forecast_rows(self.manifest, self.predictor(), rows, steps, series, new_series)

    def classify(self, sequences: Any) -> Any:
        """`tasks.labels.use.classify` of this model, or of a DataFrame, `classify_frame`.

        Args:
            sequences: Texts, or arrays (steps, features) in the units of the data; or a DataFrame.

        Raises:
            ModelError: The model labels nothing, or a sequence is not what it reads.
            DataError: A cell of a DataFrame is no number or no time.
        """
        if self._task_type != "labels":
            raise ModelError("only a model of labels classifies; use predict, rollout or sample.")
        read = classify_frame if is_frame(sequences) else classify
        return read(self.manifest, self.predictor(), sequences)

    @property
    def _task_type(self) -> str:
        return str(self.manifest.get("task"))

    @property
    def _of_a_table(self) -> bool:
        return self._task_type == "series"

    def panels(self, steps: int | None = None, data: TaskData | None = None) -> Panels | None:
        """What `picture` draws of a rollout, of every series and target.

        Args:
            steps: As in `picture`.

        Raises:
            HorizonError: `steps` is below 1, or beyond what the model can predict.
        """
        if self.network.symbolic:
            return None
        task = self.task(data)
        if isinstance(task, Panelled):
            return task.panels(self.predictor(), steps, self.carried)
        arrays = task.picture(self.predictor(), steps)
        known = arrays is not None and "prediction" in arrays
        return Panels([Panel.of(arrays)]) if arrays is not None and known else None

    def picture_caption(self) -> str:
        """How the predictions of `picture` were made."""
        horizon = int(self.manifest.get("horizon", 1))
        if self._of_a_table and self.manifest["strategy"] == "direct":
            return f"{horizon} row{'s' if horizon > 1 else ''} ahead"
        if horizon > 1 and not self._of_a_table:
            return f"{horizon} points ahead"
        return OWN_PREDICTIONS

    def predictor(self) -> Predictor:
        """The network as its task asks it, a stack of one; torch's own modules compute."""
        return NetworkPredictor(self.network, self.head)

    def _entered(self, inputs: Any) -> Tensor:
        """Checked inputs as a tensor, batch first."""
        network = self.network
        array = as_array(inputs, network.symbolic)
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
