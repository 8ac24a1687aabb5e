"""What a trained model of the tags task can do: give each time step of a sequence its class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Predictor, Task
from rnnsearch.tasks.frames import is_frame
from rnnsearch.tasks.model_facts import CommandTarget
from rnnsearch.tasks.sequences.use import SequencesUse
from rnnsearch.tasks.signature import Column, Signature


class TagsUse(SequencesUse):
    """What a trained model can do that labels each time step."""

    does = "labels each step of a sequence"

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """See `TrainedModel.predict`."""
        raise ModelError("this model labels the steps of sequences; use classify(sequences).")

    def why_no_text(self) -> str:
        """A model of labels predicts no next symbol."""
        return "a model of labels continues nothing; use classify(sequences)."

    def classify(self, predictor: Predictor, sequences: Any) -> Any:
        """The class of each time step; see `tags.classify`."""
        from rnnsearch.tasks.tags.classify import classify, classify_frame

        read = classify_frame if is_frame(sequences) else classify
        return read(self.manifest, predictor, sequences)

    def read(self, predictor: Predictor, path: Path) -> Any:
        """The labels of the rows of a table, in their order."""
        from rnnsearch.tasks.tags.classify import classify_file

        return classify_file(self.manifest, predictor, path)

    def predictions(
        self,
        predictor: Predictor,
        source: Any,
        parameters: Mapping[str, Any],
        task: Callable[[], Task],
    ) -> Any:
        """The labels of the rows of a file or a DataFrame, behind the id and the time of each."""
        table, time = super().predictions(predictor, source, parameters, task), self.columns["time"]
        if is_frame(source) and time in source.columns and time not in table.columns:
            table.insert(1, time, source[time].tolist())
        return table

    def signature(self) -> Signature:
        """A time step in each row, with an id, a time if any, and numbers."""
        out = (
            Column(self.columns["id"], "string"),
            Column("label", "string"),
            *(Column(f"p_{name}", "double") for name in self.manifest["classes"]),
        )
        return Signature(self.read_columns("to label"), out)

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> Any:
        """Label each time step of sequences of any length.

        Args:
            given: A DataFrame with a time step in each row: the id of its sequence and the columns
                of numbers of training. Where training had a time, it is needed and the rows may
                come in any order. Cells may be of any type that the file could have.

        Returns:
            A row for each row that was given, in their order: the id of its sequence; `label`, the
            likeliest class; and the probability of each class, `p_<class>`.

        Raises:
            ModelError: Rows, columns or cells are not what the model reads.
        """
        del parameters
        return self.classify(predictor, given)

    def code(self) -> str:
        """The labels of some time steps."""
        return f"model.classify([numpy.zeros((10, {self.description.input_size}))]).labels[0]"

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model labels no whole sequences and continues none."""
        refusal = f"{asked.model} labels each step of a sequence{self.how(asked)}"
        return dict.fromkeys(("rollout", "sample", "classify"), refusal)
