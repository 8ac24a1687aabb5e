"""What a trained model of arrays can do: answer for new sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Predictor, State, Task
from rnnsearch.tasks.classified import Classified
from rnnsearch.tasks.exported import Answer, scaled_numbers, scaled_values
from rnnsearch.tasks.frames import is_frame
from rnnsearch.tasks.interface import Answers, Classes, Interface, Reads, Symbols, numbered
from rnnsearch.tasks.model_facts import CommandTarget, ModelDescription
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.signature import Signature
from rnnsearch.tasks.use import Use

if TYPE_CHECKING:
    from torch import Tensor


class ArraysUse(Use):
    """What a trained model of arrays can do."""

    does = "answers for arrays"

    def __init__(self, description: ModelDescription) -> None:
        super().__init__(description)
        self._classes: Sequence[str] = self.manifest["classes"]
        self._each = "time step" if self.head == "every" else "sequence"

    def interface(self) -> Interface:
        """Numbers or symbols, and numbers in the units of y or the probability of each class."""
        about, manifest = self.description, self.manifest
        reads: Reads = Symbols(names=tuple(range(about.input_size)))
        if not about.symbolic:
            names = tuple(manifest.get("columns") or numbered("x", about.input_size))
            reads = scaled_numbers(names, manifest["x_scaler"])
        answers: Answers = Classes(names=tuple(self._classes))
        if not self._classes:
            answers = scaled_values(numbered("y", about.output_size), manifest["y_scaler"])
        return Interface(reads=reads, answers=answers, lengths=True)

    def answered(
        self,
        predictor: Predictor,
        x: NDArray[Any],
        state: State,
        lengths: NDArray[np.int64] | None = None,
        series: NDArray[np.int64] | None = None,
    ) -> Answer:
        """See `Exported.answered`."""
        sequences = np.stack([self._scaled(one, "a sequence") for one in x])
        return super().answered(predictor, sequences, state, lengths, series)

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """Answers for sequences of any length.

        Args:
            inputs: An array (sequences, time steps, features), or of symbols (sequences, time
                steps); or a list of arrays without the first axis, of any lengths.

        Returns:
            An array (sequences, time steps, outputs) with numbers in the units of y, or with
            natural-log probabilities of the classes; of a list, a list of arrays. A model that
            answers once a sequence gives one time step.
        """
        whole, equal = self._sequences(inputs)
        answers = self._answers(predictor, whole)
        return np.stack(answers) if equal else answers

    def classify(self, predictor: Predictor, sequences: Any) -> Any:
        """See `TrainedModel.classify`."""
        if not self._classes or self.head == "every":
            raise ModelError(f"{self.why_no_text()} Its answers are of each {self._each}.")
        whole, _ = self._sequences(sequences)
        chances = np.exp(np.concatenate(self._answers(predictor, whole)).astype(np.float64))
        labels = tuple(self._classes[at] for at in chances.argmax(axis=1).tolist())
        return Classified(labels, chances, tuple(self._classes))

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """See `given_arrays.predict.table_of` and `file_table`: a row for each answer."""
        from rnnsearch.tasks.given_arrays.predict import file_table, table_of

        del parameters, task
        if source is None or is_frame(source):
            raise ModelError(
                "this model answers for arrays; give an .npz file that holds them under x, or the "
                "arrays themselves, as predict(inputs) takes them."
            )
        every, classes = self.head == "every", self._classes
        if isinstance(source, Path):
            return file_table(source, partial(self.predict, predictor), every, classes)
        return table_of(list(self.predict(predictor, source)), every, classes)

    def command(self, answer: str) -> tuple[object, ...] | None:
        """The command that answers for the inputs of the study's file."""
        del answer
        path = self.description.task.get("path")
        return ("predict", Path(path)) if path and Path(path).is_file() else None

    def how(self, asked: CommandTarget) -> str:
        """The command that answers for the study's file; where that is gone, the Python call."""
        file = self.command("")
        if file is None:
            return f": {self.code()} in Python."
        verb, *words = file
        return f": {asked.command(str(verb), *words)}"

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        raise ModelError(self.why_no_text())

    def signature(self) -> Signature:
        """Arrays as those of the training, and the answers of `predict`."""
        return replace(super().signature(), parameters=(), meanings={})

    def why_no_text(self) -> str:
        """A model of arrays predicts no next input."""
        return "a model of arrays answers and continues nothing; use predict(inputs)."

    def _sequences(self, inputs: Any) -> tuple[list[NDArray[Any]], bool]:
        """The sequences that a person gives, scaled, and whether they came as one array."""
        if isinstance(inputs, list | tuple) and inputs and np.ndim(inputs[0]):
            return [self._scaled(one, f"sequence {at}") for at, one in enumerate(inputs)], False
        if hasattr(inputs, "columns"):
            raise ModelError("give a list of data frames, one a sequence, not a single one.")
        array = np.asarray(inputs)
        if not array.ndim or not len(array):
            raise ModelError("give at least one sequence.")
        return [self._scaled(one, f"sequence {at}") for at, one in enumerate(array)], True

    def _scaled(self, given: Any, name: str) -> NDArray[Any]:
        """One sequence as the network reads it."""
        size, one = self.description.input_size, np.asarray(self._ordered(given, name))
        if self.description.symbolic:
            if one.ndim != 1 or not one.size or one.dtype.kind not in "iu":
                raise ModelError(
                    f"{name} must be whole numbers of shape (time steps,), not {one.dtype} of "
                    f"shape {one.shape}."
                )
            if one.min() < 0 or one.max() >= size:
                raise ModelError(f"{name}: symbols are numbered from 0 to {size - 1}.")
            return one.astype(np.int64)
        if one.ndim == 1 and size == 1:
            one = one[:, None]
        if one.ndim != 2 or one.shape[1] != size or not len(one) or one.dtype.kind not in "biuf":
            raise ModelError(
                f"{name} must be numbers of shape (time steps, {size}), not {one.dtype} of shape "
                f"{one.shape}."
            )
        if not np.isfinite(one).all():
            raise ModelError(f"{name} holds numbers that are not finite.")
        return Scaler.from_json(self.manifest["x_scaler"]).apply(one)

    def _ordered(self, given: Any, name: str) -> Any:
        """A data frame with its columns in the order of the training; all else as it is."""
        known = self.manifest.get("columns")  # older models lack it
        if not known or not hasattr(given, "columns"):
            return given
        places = {str(one): one for one in given.columns}
        if sorted(places) != sorted(known) or len(places) != len(given.columns):
            raise ModelError(
                f"{name} has the columns {', '.join(places)}, and the model was trained on "
                f"{', '.join(known)}."
            )
        return given[[places[one] for one in known]]

    def _answers(self, predictor: Predictor, sequences: list[NDArray[Any]]) -> list[NDArray[Any]]:
        """The answers for each sequence, [time steps or 1, outputs]."""
        import torch

        from rnnsearch.tasks.whole import WholeSequences

        read = torch.int64 if self.description.symbolic else predictor.dtype
        whole = WholeSequences(Ragged.of(sequences), predictor.device, read)
        answers: list[NDArray[Any]] = [np.empty(0)] * len(sequences)
        for numbers, lengths, outputs in whole.read(predictor):
            meant = self.in_data_units(self.meaning_of(outputs[0]))
            steps = lengths[0].tolist() if self.head == "every" else [1] * len(numbers)
            for at, answer, end in zip(numbers.tolist(), meant, steps, strict=True):
                answers[at] = answer[:end]
        return answers

    def in_data_units(self, outputs: Tensor) -> NDArray[Any]:
        """Outputs [T, B, O] as an array, batch first, in the units of y."""
        array = np.ascontiguousarray(outputs.transpose(0, 1).cpu().numpy())
        if self.manifest["y_scaler"] is None:
            return array
        return Scaler.from_json(self.manifest["y_scaler"]).undo(array).astype(array.dtype)

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model continues no sequence, and labels through `predict`."""
        return dict.fromkeys(
            ("rollout", "sample", "classify"), f"{asked.model} {self.does}{self.how(asked)}"
        )
