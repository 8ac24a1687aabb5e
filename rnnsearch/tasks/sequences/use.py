"""What trained models of whole sequences share: the columns that they read, and an example of
these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Predictor, State, Task
from rnnsearch.tasks.exported import Answer, as_lengths, scaled_numbers
from rnnsearch.tasks.frames import CSV, is_frame
from rnnsearch.tasks.interface import Answers, Classes, Interface, Reads, Symbols
from rnnsearch.tasks.model_facts import CommandTarget, ModelDescription
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.sequences.encoder import OTHER, encoding
from rnnsearch.tasks.signature import Column
from rnnsearch.tasks.use import Use

if TYPE_CHECKING:
    from torch import Tensor


class SequencesUse(Use):
    """What a trained model of whole sequences can do, whatever it answers.

    Attributes:
        encoder: How sequences are encoded, as JSON values.
        columns: The names of the columns `id`, `time` and `text` of a table to read.
    """

    def __init__(self, description: ModelDescription) -> None:
        super().__init__(description)
        self.encoder: Mapping[str, Any] = encoding(self.manifest)
        self.columns: Mapping[str, Any] = self.manifest.get("columns", {})

    @property
    def of_texts(self) -> bool:
        """Whether the model reads texts; else it reads numbers."""
        return bool(self.encoder["reads"] == "text")

    def interface(self) -> Interface:
        """Characters or numbers, in sequences of any length, and the answers of `answers`."""
        encoder = self.encoder
        longest = encoder["max_length"]
        notes = [f"Of longer sequences the last {longest} time steps are read." if longest else ""]
        reads: Reads
        if self.of_texts:
            form = "NFC" if encoder["normalize"] == "nfc" else "ASCII letters, as in training"
            notes.insert(0, f"Texts are brought to {form} first.")
            reads = Symbols(names=("\ufffd", *encoder["alphabet"]), unknown=OTHER)
        else:
            reads = scaled_numbers(tuple(encoder["features"]), encoder["scaler"])
        note = " ".join(filter(None, notes))
        return Interface(reads=reads, answers=self.answers(), lengths=True, note=note)

    def answers(self) -> Answers:
        """What the network answers: the probability of each class."""
        return Classes(names=tuple(self.manifest["classes"]))

    def answered(
        self,
        predictor: Predictor,
        x: NDArray[Any],
        state: State,
        lengths: NDArray[np.int64] | None = None,
        series: NDArray[np.int64] | None = None,
    ) -> Answer:
        """See `Exported.answered`."""
        import torch

        del series
        fed = torch.tensor(x)
        if not self.of_texts:
            scaled = Scaler.from_json(self.encoder["scaler"]).apply(x)
            fed = torch.tensor(scaled, dtype=predictor.dtype)
        fed = fed.transpose(0, 1).contiguous().unsqueeze(0).to(predictor.device)
        outputs, after = predictor(fed, state, as_lengths(predictor, lengths))
        return self.meant(outputs[0].double().transpose(0, 1)), after

    def meant(self, outputs: Tensor) -> NDArray[Any]:
        """What outputs (batch, time steps, output), float64, mean, as `answers` says."""
        return outputs.softmax(-1).cpu().numpy()

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        raise ModelError(self.why_no_text())

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """The answers for the sequences of a file or a DataFrame, as `served` gives them."""
        del parameters, task
        if source is None:
            what = "texts, one a line" if self.of_texts else "time steps, as training had them"
            raise ModelError(f"this model {self.does}; give a file of {what}.")
        if is_frame(source):
            return self.served(predictor, source, {})
        from rnnsearch.tasks.sequences.unlabelled import csv_like

        table = self.read(predictor, source)
        table.attrs[CSV] = csv_like(self.manifest, source)
        return table

    def read(self, predictor: Predictor, path: Path) -> Any:
        """The answers for the sequences of a file, as a DataFrame.

        Raises:
            DataError: The file cannot be read, or is not what the model reads.
        """
        named = self.sequences(path)
        column = self.columns["text" if self.of_texts else "id"]
        names = [name for name, _ in named]
        return self.table(predictor, column, names, [sequence for _, sequence in named])

    def table(
        self, predictor: Predictor, column: str, names: Sequence[str], sequences: Sequence[Any]
    ) -> Any:
        """The answers for sequences, as a DataFrame with a row for each of them.

        Args:
            column: What the column of the names is called.
            names: Of the sequences: their ids or texts.
        """
        raise NotImplementedError

    def sequences(self, path: Path) -> list[tuple[str, Any]]:
        """The lines of a text file, or the steps of a table; see `unlabelled.read_unlabelled`."""
        from rnnsearch.tasks.sequences.unlabelled import read_unlabelled

        return read_unlabelled(path, self.manifest)

    def command(self, answer: str) -> tuple[object, ...] | None:
        """The command that answers for the sequences of the study's file."""
        del answer
        path = self.description.task.get("path")
        return ("predict", Path(path)) if path and Path(path).is_file() else None

    def read_columns(self, purpose: str) -> tuple[Column, ...]:
        """A column of texts; or of rows that are time steps an id, a time if any, and numbers.

        Args:
            purpose: What the model does with a text, as `to label`.
        """
        columns = self.columns
        if self.of_texts:
            return (Column(columns["text"], meaning=f"text {purpose}"),)
        id = Column(columns["id"], meaning="which sequence a step belongs to", required=False)
        times = [Column(columns["time"], meaning="orders the steps", required=False)]
        numbers = [Column(name, meaning="numbers") for name in self.encoder["features"]]
        return (id, *times[: bool(columns["time"])], *numbers)

    def example(self) -> Any:
        """A short text, or a sequence of three time steps, each column at its mean."""
        import numpy as np
        import pandas as pd

        encoder, columns = self.encoder, self.columns
        if self.of_texts:
            return pd.DataFrame({columns["text"]: [encoder["alphabet"].strip()[-3:]]})
        level = np.array(encoder["scaler"]["center"]) + np.zeros((3, 1))
        table = pd.DataFrame(level, columns=encoder["features"])
        if columns["time"]:
            table.insert(0, columns["time"], np.arange(3))
        table.insert(0, columns["id"], "one")
        return table

    def how(self, asked: CommandTarget) -> str:
        """The command that answers for the study's file; where that is gone, the Python call."""
        file = self.command("")
        if file is None:
            return f": {self.code()} in Python."
        verb, *words = file
        return f": {asked.command(str(verb), *words)}"
