"""One trained network, in use."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import torch

from rnnsearch.errors import ModelError
from rnnsearch.models.mean import MeanNetwork
from rnnsearch.tasks.base import CALIBRATION, Calibrating, Part, Predictor, Saying, State, Task
from rnnsearch.tasks.fingerprint import changes, fingerprint
from rnnsearch.tasks.folds import folds_of
from rnnsearch.tasks.frames import as_table
from rnnsearch.tasks.load import build_task, load_data
from rnnsearch.tasks.model_facts import Course
from rnnsearch.tasks.pictures import arrays_of, panels_of
from rnnsearch.training.checkpoint import Checkpoint
from rnnsearch.training.loss_curve import loss_curve
from rnnsearch.training.mean_predictor import mean_predictor
from rnnsearch.training.members import padded
from rnnsearch.training.plain import NetworkPredictor
from rnnsearch.training.predictor import padded_state, stack_of_one

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.figures.figure import Figure
    from rnnsearch.figures.panels import Panels
    from rnnsearch.tasks.base import TaskData
    from rnnsearch.tasks.text.vocabulary import Vocabulary

_STEPS = {"every": "every step", "last": "the last step"}


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
        return self.use.predict(self.predictor(), inputs)

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
        return self.use.rollout(self.predictor(), history, steps)

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
        return self.use.sample(self.predictor(), prompt, length, temperature, seed)

    def vocabulary(self) -> Vocabulary:
        """The symbols of a text model.

        Raises:
            ModelError: The model reads numbers.
        """
        vocabulary: Vocabulary = self.use.vocabulary()
        return vocabulary

    def evaluate(self, part: Part = "val", data: TaskData | None = None) -> dict[str, float]:
        """The task's metrics of a part, computed as during training: of `val` what was recorded.

        On the machine of the training, to the last bit.

        Args:
            data: Of the task; None reads it again from where the config says.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on: other symbols, other sizes.
                Or the model was trained on all folds, and `val` is asked for.
        """
        task = self.task(data)
        if part == "val" and folds_of(task.data):
            raise ModelError(
                "this model was trained on all folds, so no validation part is left that it has "
                'not seen. Its study has the means over the folds; evaluate("test") scores it.'
            )
        metrics = task.evaluate(self.scorer(), part, self.padded_carried())
        return {name: float(value) for name, value in metrics.items()}

    def calibrated(self, data: TaskData) -> Self | None:
        """The model with what its task wants it to know of its own errors; None for nothing."""
        task = self.task(data)
        learned = task.calibration(self.predictor()) if isinstance(task, Calibrating) else {}
        if not learned:
            return None
        return replace(self, manifest={**self.manifest, CALIBRATION: learned})

    def task(self, data: TaskData | None = None) -> Task:
        """The model's task on the CPU.

        Raises:
            DataError: The data cannot be read.
            ModelError: The data is not what the model was trained on.
        """
        data = self.read_again() if data is None else data
        remembered = json.loads(json.dumps(dict(self.manifest)))
        remembered.pop(CALIBRATION, None)  # the model's own, and not the data's
        now = data.manifest()
        # A model of an older version remembers less.
        if any(now.get(key) != value for key, value in remembered.items()):
            raise ModelError(
                "the data has changed since the model was trained: its manifest (vocabulary, "
                "spacing) differs from the model's. Evaluate on the data of the training."
            )
        network = self.network
        task = build_task(self.config.task, data, network.device, network.dtype)
        if task.head != self.head:
            raise ModelError(
                f"the task's code has changed since the model was trained: it asks for outputs at "
                f"{_STEPS[task.head]}, and the model learned to answer at {_STEPS[self.head]}."
            )
        return task

    def read_again(self) -> TaskData:
        """The data of the training; parts of other data hold other rows, and no score compares.

        Raises:
            DataError: It cannot be read.
            ModelError: It has changed since.
        """
        data = load_data(self.config.task)
        now = None if self.read is None else fingerprint(self.config.task, data)
        if self.read is not None and now is not None and (differences := changes(self.read, now)):
            raise ModelError(
                f"the data has changed since the model was trained:\n  {differences}\n"
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
        task = self.task(data)
        return task.say(self.predictor()) if isinstance(task, Saying) else ""

    def picture(
        self, steps: int | None = None, data: TaskData | None = None
    ) -> Mapping[str, NDArray[Any]] | None:
        """Arrays to draw, such as a rollout over a validation wave: see `tasks.pictures.Pictured`.

        Args:
            steps: Points to predict; None takes the task's longest horizon.

        Returns:
            None for a model that writes symbols.

        Raises:
            HorizonError: `steps` is below 1.
        """
        if not self.use.pictured:
            return None
        return arrays_of(self.task(data), self.predictor(), steps, self.carried)

    def figures(self, data: TaskData | None = None) -> Sequence[Figure]:
        """The pictures of the model, ready to be drawn: what its task shows of it at the end of a
        study, and the course of its training, where that is known.

        Args:
            data: Of the task; None reads it again from where the config says, where it is needed.
        """
        course = Course(epoch=self.epoch, carried=self.carried)
        if self.history is not None:
            course = Course(self.history.curves(), self.history.answers, self.epoch, self.carried)

        def task() -> Task:
            nonlocal data  # what is read again also tells the units of the losses
            data = self.read_again() if data is None else data
            return self.task(data)

        shown = list(self.use.figures(task, self.predictor(), course))
        return [*shown, *self.loss_curves(data)]

    def loss_curves(self, data: TaskData | None = None) -> Sequence[Figure]:
        """The picture of the model's training, where that is known."""
        if self.history is None:
            return []
        metrics = () if data is None else data.metrics()
        loss = self.config.training.loss or (data.losses[0] if data is not None else "")
        scaled = "scaler" in self.manifest
        figure = loss_curve(self.history, self.epoch, str(loss), metrics, scaled)
        return [] if figure is None else [figure]

    def forecast(
        self,
        rows: Any,
        steps: int | None = None,
        series: str | None = None,
        new_series: bool = False,
    ) -> Any:
        """Forecast the rows that follow: see `tasks.series.from_rows.ahead`, and of a
        DataFrame `tasks.series.tables.forecasts`, whose short columns are given.

        Raises:
            HorizonError: More steps than the model or the known columns reach, or fewer than one.
            ModelError: The model is not one of a table, or the rows do not fit it.
            DataError: A cell of a DataFrame is no number or no time.
        """
        return self.use.forecast(self.predictor(), rows, steps, series, new_series)

    def classify(self, sequences: Any) -> Any:
        """`tasks.labels.classify.classify` of this model, or of a DataFrame, `classify_frame`.

        Args:
            sequences: Texts, or arrays (steps, features) in the units of the data; or a DataFrame.

        Raises:
            ModelError: The model labels nothing, or a sequence is not what it reads.
            DataError: A cell of a DataFrame is no number or no time.
        """
        return self.use.classify(self.predictor(), sequences)

    @torch.no_grad()
    def predictions(self, source: Any = None, **parameters: Any) -> Any:
        """What `rnnsearch predict` gives: the rows after the end of a table, the labels of the
        sequences of a file, the completions of its prompts.

        Args:
            source: The path of a file, or a DataFrame or arrays, as the data of the training was;
                None goes on from the data of the training, where a task can.
            parameters: `steps` (of a table and of waves) and `new_series` (of a panel) as in
                `forecast`; `length`, `temperature` and `seed` (of a text) as in `sample`.

        Returns:
            A DataFrame. Of a table, `horizon` rows for each series: the id, the time, written as
            the source writes it, the targets, and quantiles and ends of intervals where the model
            has them. Of labels a row a sequence: its name, `label`, and the probability of each
            class; of values its name and the number; of tags a row a time step. Of a text `prompt`
            and `completion`. Of a wave the time and the features.

        Raises:
            ModelError: The model cannot do it, the source is not what it reads, or a parameter is
                not one of its task's.
            HorizonError: More steps than the model reaches, or fewer than one.
            PromptError: A prompt holds symbols that the model cannot read.
            DataError: The file cannot be read.
        """
        strange = [name for name in parameters if name not in self.use.takes]
        if strange:
            known = ", ".join(self.use.takes) or "nothing"
            raise ModelError(
                f"{', '.join(strange)}: the predictions of this model take no such thing, but "
                f"{known}."
            )
        source = Path(source) if isinstance(source, str) else source
        return self.use.predictions(self.predictor(), source, parameters, self.task)

    def panels(self, steps: int | None = None, data: TaskData | None = None) -> Panels | None:
        """What `picture` draws of a rollout, of every series and target.

        Args:
            steps: As in `picture`.

        Raises:
            HorizonError: `steps` is below 1, or beyond what the model can predict.
        """
        if not self.use.pictured:
            return None
        return panels_of(self.task(data), self.predictor(), steps, self.carried)

    def served(self, given: Any, parameters: Mapping[str, Any] | None = None) -> Any:
        """What the registered model's `predict` gives; see the class `use` of the model's task.

        Raises:
            ModelError: The model has no parameter of such a name, or cannot read the input.
        """
        parameters = parameters or {}
        if problem := self.use.signature().stranger(parameters):
            raise ModelError(problem)
        return self.use.served(self.predictor(), as_table(given), parameters)

    def predictor(self) -> Predictor:
        """The network as its task asks it, a stack of one; torch's own modules compute."""
        return NetworkPredictor(self.network, self.head)

    def scorer(self) -> Predictor:
        """The same, computed as in training: equal to the last bit on a like machine."""
        if isinstance(self.network, MeanNetwork):
            return mean_predictor(self.network, self.head)
        return stack_of_one(self.network, self.head)

    def padded_carried(self) -> State:
        """The state out of training, as `scorer` takes it; None where none was kept."""
        if self.carried is None:
            return None
        if isinstance(self.network, MeanNetwork):
            return padded(self.network, self.carried)
        return padded_state(self.network, self.carried)
