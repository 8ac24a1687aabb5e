"""What a trained model of a task can do: every question that is asked of it, and the answers that
most tasks share.

A task whose models can do more, or less, has a subclass of `Use` in its folder; a custom task has
one as its class attribute `use`. Nothing here knows how a network was trained: it comes as a
`Predictor`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.figures.figure import Figure
from rnnsearch.tasks.base import Head, Predictor, Task
from rnnsearch.tasks.exported import Exported
from rnnsearch.tasks.frames import as_array
from rnnsearch.tasks.model_facts import CommandTarget, Course, ModelDescription
from rnnsearch.tasks.pictures import figures_of
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.signature import Signature

if TYPE_CHECKING:
    from torch import Tensor

MOST_STEPS = 1_000_000
"""The most points, rows or symbols that one call predicts; a larger number is a slip."""

OWN_PREDICTIONS = "on its own predictions"


class Use(Exported):
    """What a trained model of a task can do.

    Methods that a task's models cannot follow raise `ModelError` with what can be called instead.

    Args:
        description: What the checkpoint says of the model.
    """

    head: Head = "every"
    """When the task asks for outputs, of a checkpoint that does not say it."""
    does = ""
    """What the model does, as words that follow its name; `how` continues the sentence."""

    def __init__(self, description: ModelDescription) -> None:
        self.description = description
        self.told = description  # the name under which classes of custom tasks may read it
        self.manifest = description.manifest
        if description.manifest.get("head") == "last":
            self.head = "last"

    # The methods of `TrainedModel`; `predictor` is always a stack of one network.

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """See `TrainedModel.predict`."""
        (outputs,), _ = predictor(self.network_inputs(predictor, inputs), None)
        return self.in_data_units(self.meaning_of(outputs))

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
        known = self.network_inputs(predictor, history)
        return self.in_data_units(
            continuation(predictor, known, steps, self.manifest.get("window"))[0]
        )

    def sample(
        self, predictor: Predictor, prompt: str, length: int, temperature: float, seed: int
    ) -> str:
        """See `TrainedModel.sample`."""
        del predictor, prompt, length, temperature, seed
        raise ModelError(self.why_no_text())

    def vocabulary(self) -> Any:
        """See `TrainedModel.vocabulary`."""
        raise ModelError(self.why_no_text())

    def why_no_text(self) -> str:
        """Why the model cannot continue a text, and which method answers instead."""
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

    def meaning_of(self, outputs: Tensor) -> Tensor:
        """Outputs of the head as numbers with a meaning: the loss of training says whether they are
        logits, which become probabilities or log-probabilities."""
        loss = self.manifest.get("loss", "cross_entropy" if self.description.symbolic else "mse")
        if loss == "bce":
            return outputs.sigmoid()
        return outputs.log_softmax(dim=-1) if loss == "cross_entropy" else outputs

    def network_inputs(self, predictor: Predictor, inputs: Any) -> Tensor:
        """Inputs from a person, batch first, checked and as a predictor takes them: [1, T, B, ...].

        Raises:
            ModelError: They have another shape or hold numbers that are no symbols.
        """
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

    def in_data_units(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs [T, B, O] as an array, batch first, in the units of the data."""
        array = np.ascontiguousarray(outputs.transpose(0, 1).cpu().numpy())
        if "scaler" not in self.manifest:
            return array
        return Scaler.from_json(self.manifest["scaler"]).undo(array).astype(array.dtype)

    # What comes after the end of some data, or of each sequence of a file.

    takes: tuple[str, ...] = ()
    """The parameters of `predictions`, by name."""

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """See `TrainedModel.predictions`.

        Args:
            source: A `Path`, a DataFrame, or None for the data of the training.
            parameters: Some of `takes`.
            task: Builds the model's task, which reads the data of the training.
        """
        del predictor, source, parameters, task
        raise ModelError(
            "this model says nothing about what comes after a file's end; use predict(inputs) "
            "from Python."
        )

    # What a registered model reads and answers.

    def signature(self) -> Signature:
        """The inputs, outputs and parameters of `served`."""
        description = self.description
        shape = (-1, -1, description.output_size)
        if description.symbolic:
            return Signature("symbols as whole numbers, shape (batch, time)", shape)
        read = f"numbers of any type, shape (batch, time, {description.input_size})"
        meaning = "0 predicts after each time step; n goes on for n steps on own predictions"
        return Signature(read, shape, (("rollout_steps", 0),), {"rollout_steps": meaning})

    def example(self) -> Any:
        """An input that `served` takes, to be kept beside the registered model: symbols, or a
        wave."""
        if self.description.symbolic:
            return np.arange(10, dtype=np.int64)[None] % self.description.input_size
        wave = np.sin(np.linspace(0.0, 2.0, 10, dtype=np.float32))
        return np.repeat(wave[None, :, None], self.description.input_size, axis=2)

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> Any:
        """The answer of the registered model's `predict`.

        Args:
            given: Numbers of any type, shape (batch, time, feature), in the units of the data, or
                a DataFrame whose rows are the steps of one sequence; or symbols, whole numbers,
                shape (batch, time).
            parameters: `rollout_steps`: 0 predicts the next point after each time step; n above 0
                feeds the model its own predictions for n time steps.

        Returns:
            Shape (batch, time, feature), or (batch, n, feature) for a rollout; of symbols,
            natural-log probabilities (batch, time, symbol).
        """
        steps = int(parameters.get("rollout_steps", 0))
        return self.rollout(predictor, given, steps) if steps else self.predict(predictor, given)

    # What commands say and show of the model.

    def command(self, answer: str) -> tuple[object, ...] | None:
        """The command of `rnnsearch` that shows what the model can do.

        Args:
            answer: The text with which the model showed itself at the end of its study, if any.

        Returns:
            The command's verb, and the words that stand after the model; None where there is none.
        """
        del answer
        return None

    def code(self) -> str:
        """A Python expression that asks the loaded `model` something; `numpy` is imported."""
        return f"model.predict({self.zeros()})"

    def zeros(self) -> str:
        """A Python expression of inputs that `predict` takes."""
        if self.description.symbolic:
            return "numpy.zeros((1, 10), dtype=int)"
        return f"numpy.zeros((1, 10, {self.description.input_size}))"

    def how(self, asked: CommandTarget) -> str:
        """How a command asks the model something, as the end of a sentence."""
        del asked
        return "."

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The error messages of the commands that the model cannot follow, by the command's
        verb."""
        instead = f"; it {self.does}{self.how(asked)}" if self.does else "."
        return {"classify": f"{asked.model} learned no labels{instead}"}

    def sequences(self, path: Path) -> list[tuple[str, Any]]:
        """The sequences of a file that `classify` takes, each with its name.

        Raises:
            DataError: The file cannot be read, or is not what the model reads.
        """
        del path
        raise ModelError(self.why_no_text())

    @property
    def pictured(self) -> bool:
        """Whether the task may have pictures of its models; where not, no data is read for one."""
        return True

    def caption(self) -> str:
        """How the predictions of a picture were made, for its title."""
        horizon = int(self.manifest.get("horizon", 1))
        return f"{horizon} points ahead" if horizon > 1 else OWN_PREDICTIONS

    def figure(
        self, task: Callable[[], Task], predictor: Predictor, course: Course
    ) -> Figure | None:
        """The first picture of the model, which a class may give in the place of its task's.

        Args:
            task: Builds the model's task, which reads the data.
            course: How its training went.
        """
        if not self.pictured:
            return None
        figures = figures_of(task(), predictor, self.caption(), course.carried)
        return figures[0] if figures else None

    def figures(
        self, task: Callable[[], Task], predictor: Predictor, course: Course
    ) -> Sequence[Figure]:
        """The pictures of the model at the end of a study; that of its training comes behind them.

        A class that has its own `figure` and no `figures` shows that one alone.

        Args:
            task: Builds the model's task, which reads the data.
            course: How its training went.
        """
        if type(self).figure is not Use.figure:
            one = self.figure(task, predictor, course)
            return [] if one is None else [one]
        if not self.pictured:
            return []
        return figures_of(task(), predictor, self.caption(), course.carried)
