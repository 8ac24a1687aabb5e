"""What a trained model of the value task can do: give whole sequences their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Head, Predictor
from rnnsearch.tasks.exported import scaled_values
from rnnsearch.tasks.frames import is_frame
from rnnsearch.tasks.interface import Answers
from rnnsearch.tasks.model_facts import CommandTarget
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.sequences.use import SequencesUse
from rnnsearch.tasks.signature import Column, Signature

if TYPE_CHECKING:
    from torch import Tensor


class ValueUse(SequencesUse):
    """What a trained model can do that gives a sequence a number."""

    head: Head = "last"
    does = "gives each sequence a number"

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """The number of each sequence; see `value.predict`."""
        from rnnsearch.tasks.value.predict import predict, predict_frame

        read = predict_frame if is_frame(inputs) else predict
        return read(self.manifest, predictor, inputs)

    def answers(self) -> Answers:
        """The number of a sequence, in the units of the data."""
        return scaled_values((self.manifest["target"],), self.manifest["answer"])

    def meant(self, outputs: Tensor) -> NDArray[Any]:
        """See `SequencesUse.meant`."""
        return Scaler.from_json(self.manifest["answer"]).undo(outputs.cpu().numpy())

    def why_no_text(self) -> str:
        """A model of numbers predicts no next symbol."""
        return "a model of numbers continues nothing; use predict(sequences)."

    def classify(self, predictor: Predictor, sequences: Any) -> Any:
        """See `TrainedModel.classify`."""
        raise ModelError("this model gives a number and no label; use predict(sequences).")

    def table(
        self, predictor: Predictor, column: str, names: Sequence[str], sequences: Sequence[Any]
    ) -> Any:
        """See `SequencesUse.table`."""
        from rnnsearch.tasks.value.predict import predict, valued

        return valued(self.manifest, predict(self.manifest, predictor, sequences), column, names)

    def signature(self) -> Signature:
        """A sequence in each row, as a text; or a time step, with an id, a time if any, and
        numbers."""
        inputs, out = self.read_columns("to judge"), Column(self.manifest["target"], "double")
        if self.of_texts:
            return Signature(inputs, (out,))
        return Signature(inputs, (Column(self.columns["id"], "string"), out))

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
        if self.of_texts:
            return "model.predict(['some text'])"
        return f"model.predict([numpy.zeros((10, {self.description.input_size}))])"

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model has no labels and continues no sequence."""
        refusal = f"{asked.model} gives each sequence a number{self.how(asked)}"
        return dict.fromkeys(("rollout", "sample", "classify"), refusal)
