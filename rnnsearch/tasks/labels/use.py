"""What a trained model of labels can do: give whole sequences their class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rnnsearch.errors import ModelError
from rnnsearch.tasks.base import Head, Predictor
from rnnsearch.tasks.frames import is_frame
from rnnsearch.tasks.model_facts import CommandTarget
from rnnsearch.tasks.sequences.use import SequencesUse
from rnnsearch.tasks.signature import Column, Signature


class LabelsUse(SequencesUse):
    """What a trained model of labels can do."""

    head: Head = "last"
    does = "labels sequences"

    def predict(self, predictor: Predictor, inputs: Any) -> Any:
        """See `TrainedModel.predict`."""
        raise ModelError("this model labels whole sequences; use classify(sequences).")

    def why_no_text(self) -> str:
        """A model of labels predicts no next symbol."""
        return "a model of labels continues nothing; use classify(sequences)."

    def classify(self, predictor: Predictor, sequences: Any) -> Any:
        """See `TrainedModel.classify`."""
        from rnnsearch.tasks.labels.classify import classify, classify_frame

        read = classify_frame if is_frame(sequences) else classify
        return read(self.manifest, predictor, sequences)

    def table(
        self, predictor: Predictor, column: str, names: Sequence[str], sequences: Sequence[Any]
    ) -> Any:
        """See `SequencesUse.table`: the label and the probabilities of each sequence."""
        from rnnsearch.tasks.labels.classify import classify, labelled

        return labelled(classify(self.manifest, predictor, sequences), column, names)

    def signature(self) -> Signature:
        """A sequence in each row, as a text; or a time step, with an id, a time if any, and
        numbers."""
        out = (
            Column("label", "string"),
            *(Column(f"p_{name}", "double") for name in self.manifest["classes"]),
        )
        inputs = self.read_columns("to label")
        if self.of_texts:
            return Signature(inputs, out)
        return Signature(inputs, (Column(self.columns["id"], "string"), *out))

    def served(self, predictor: Predictor, given: Any, parameters: Mapping[str, Any]) -> Any:
        """Label sequences of any length.

        Args:
            given: A DataFrame with a sequence in each row, in a column of texts; or with a time
                step in each row: the id of its sequence and the columns of numbers of training.
                Where training had a time, it is needed and the rows may come in any order. Cells
                may be of any type that the file could have.

        Returns:
            A row for each sequence: its id, where rows are time steps; `label`, the likeliest
            class; and the probability of each class, `p_<class>`.

        Raises:
            ModelError: Rows, columns or cells are not what the model reads.
        """
        del parameters
        return self.classify(predictor, given)

    def command(self, answer: str) -> tuple[object, ...] | None:
        """The command that labels the first of the examples in `answer`, or the study's file."""
        if not self.of_texts:
            path = self.description.task.get("path")
            return ("classify", "--file", Path(path)) if path and Path(path).is_file() else None
        example = answer.split("\n")[0]
        # such as `some text: class (0.98), right`
        cuts = [example.rfind(f": {name} (") for name in self.manifest["classes"]]
        words = example[: max(cuts)].strip() if max(cuts) > 0 else ""
        if words.startswith("-"):
            return "classify", "--", words
        return ("classify", words) if words else None

    def code(self) -> str:
        """The label of a text, or of some time steps."""
        if self.of_texts:
            return "model.classify(['some text']).labels"
        return f"model.classify([numpy.zeros((10, {self.description.input_size}))]).labels"

    def how(self, asked: CommandTarget) -> str:
        """The command that labels a text or a file, or the columns that a file must have."""
        if self.of_texts:
            return f": {asked.command('classify', 'some text')}"
        file = self.command("")
        if file is not None:
            verb, *words = file
            return f": {asked.command(str(verb), *words)}"
        columns = [self.columns["id"], *self.encoder["features"]]
        return f", with --file: a CSV with a step a row and the columns {', '.join(columns)}."

    def refusals(self, asked: CommandTarget) -> Mapping[str, str]:
        """The model continues no sequence."""
        labels = f"{asked.model} labels sequences and continues none; let it label yours"
        return dict.fromkeys(("rollout", "sample"), labels + self.how(asked))
