"""What a trained model of the value task can do: give whole sequences their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Head, Predictor
from rnnsearch.tasks.frames import is_frame
from rnnsearch.tasks.signature import Column, Signature
from rnnsearch.tasks.use import CommandTarget, ModelDescription, Use


class ValueUse(Use):
    """What a trained model can do that gives a sequence a number."""

    head: Head = "last"
    pictured = True
    does = "gives each sequence a number"

    def __init__(self, description: ModelDescription) -> None:
        super().__init__(description)
        self._encoder: Mapping[str, Any] = self.manifest["encoder"]
        self._columns: Mapping[str, Any] = self.manifest["columns"]

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """The number of each sequence; see `value.predict`."""
        from rnnsearch.tasks.value.predict import predict, predict_frame

        read = predict_frame if is_frame(inputs) else predict
        return read(self.manifest, predictor, inputs)

    def rollout(self, predictor: Predictor, history: Any, steps: int) -> Any:
        """See `TrainedModel.rollout`."""
        raise ModelError(self.why_no_text())

    def why_no_text(self) -> str:
        """A model of numbers predicts no next symbol."""
        return "a model of numbers continues nothing; use predict(sequences)."

    def classify(self, predictor: Predictor, sequences: Any) -> Any:
        """See `TrainedModel.classify`."""
        raise ModelError("this model gives a number and no label; use predict(sequences).")

    def signature(self) -> Signature:
        """A sequence in each row, as a text; or a time step, with an id, a time if any, and
        numbers."""
        columns, out = self._columns, Column(self.manifest["target"], "double")
        if self._encoder["reads"] == "text":
            return Signature((Column(columns["text"], meaning="text to judge"),), (out,))
        id = Column(columns["id"], meaning="which sequence a step belongs to", required=False)
        times = [Column(columns["time"], meaning="orders the steps", required=False)]
        numbers = [Column(name, meaning="numbers") for name in self._encoder["features"]]
        read = (id, *times[: bool(columns["time"])], *numbers)
        return Signature(read, (Column(columns["id"], "string"), out))

    def example(self) -> Any:
        """A short text, or a sequence of three time steps, each column at its mean."""
        import numpy as np
        import pandas as pd

        encoder, columns = self._encoder, self._columns
        if encoder["reads"] == "text":
            return pd.DataFrame({columns["text"]: [encoder["alphabet"].strip()[-3:]]})
        level = np.array(encoder["scaler"]["center"]) + np.zeros((3, 1))
        table = pd.DataFrame(level, columns=encoder["features"])
        if columns["time"]:
            table.insert(0, columns["time"], np.arange(3))
        table.insert(0, columns["id"], "one")
        return table

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> Any:
        """Predict the number of sequences of any length.

        Args:
            given: A DataFrame with a sequence in each row, in a column of texts; or with a time
                step in each row: the id of its sequence and the columns of numbers of training.
                Where training had a time, it is needed and the rows may come in any order. Cells
                may be of any type that the file could have.

        Returns:
            A row for each sequence: its id, where rows are time steps, and the number, under the
            name of its column in training.

        Raises:
            ModelError: Rows, columns or cells are not what the model reads.
        """
        del parameters
        return self.predict(predictor, given)

    def code(self) -> str:
        """The number of a text, or of some time steps."""
        if self._encoder["reads"] == "text":
            return "model.predict(['some text'])"
        return f"model.predict([numpy.zeros((10, {self.description.input_size}))])"

    def how(self, asked: CommandTarget) -> str:
        """The Python call that predicts."""
        del asked
        return f": {self.code()} in Python."

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model has no labels and continues no sequence."""
        refusal = f"{asked.model} gives each sequence a number{self.how(asked)}"
        return dict.fromkeys(("rollout", "sample", "classify"), refusal)
