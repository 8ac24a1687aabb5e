"""The labels task on a device: batches of whole sequences, and scores of whole parts."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rnnsearch.figures.figure import Figure, figure_of
from rnnsearch.figures.mistakes import Mistakes, surest
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.class_measures import confusion, measures
from rnnsearch.tasks.custom_metrics import measured
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.data import LabelsData
from rnnsearch.tasks.sequences.task import SequencesTask
from rnnsearch.tasks.streams import derive
from rnnsearch.tasks.sums import row_sums
from rnnsearch.tasks.whole import WholeSequences

EXAMPLES = 8
"""How many validation sequences `say` shows with the label that the model gives them."""


class LabelsTask(SequencesTask[LabelsConfig, LabelsData]):
    """Read a whole sequence, then predict its class at its last time step."""

    head: Head = "last"

    def __init__(
        self, config: LabelsConfig, data: LabelsData, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(config, data, device, dtype)
        self._labels = {
            part: torch.tensor(labels, device=device) for part, labels in data.labels.items()
        }

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Whole sequences [K, T, B, ...] with their labels and weights [K, 1, B], and lengths."""
        inputs, lengths = self.padded(index, window)
        labels = self._labels["train"][index].unsqueeze(1)
        return Batch(inputs, labels, lengths, self.weights(index))

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Accuracy, macro-F1 and mean negative log-likelihood in nats over every sequence of a
        part, each from the zero state.

        All three are NaN of a model whose outputs are not finite.
        """
        del carried
        if part not in self.data.labels:
            return {}
        outputs = self._outputs(predictor, self.inputs[part])
        truth = self._labels[part]
        logs = functional.log_softmax(outputs.double(), dim=-1)
        picked = logs.gather(-1, truth.expand(len(logs), -1).unsqueeze(-1))
        nats = -row_sums(picked) / len(truth)
        expected = truth.cpu().numpy()
        guesses = outputs.argmax(dim=-1).cpu().numpy()
        columns: dict[str, list[float]] = {"accuracy": [], "macro_f1": []}
        for of_trial in guesses:
            scores = measures(confusion(expected, of_trial, len(self.data.classes)))
            for name, values in columns.items():
                values.append(scores[name])
        metrics = {
            f"{part}_{name}": torch.where(nats.isfinite(), nats.new_tensor(values), torch.nan)
            for name, values in columns.items()
        }
        brought = measured(self.config.metrics, part, logs.exp(), truth)
        return {**metrics, f"{part}_nats": nats, **brought}

    def say(self, predictor: Predictor) -> str:
        """Some sequences of the part `shown`, each with the class that the model gives it and the
        true one."""
        data, shown = self.data, self.shown
        if shown is None:
            return ""
        labels, part = data.labels[shown], data.sequences[shown]
        draw = np.random.default_rng(derive(0, "examples"))
        numbers = np.sort(draw.permutation(len(labels))[:EXAMPLES])
        chosen = WholeSequences(part.some(numbers), self.device, self.read)
        chances = self._outputs(predictor, chosen)[0].double().softmax(-1)
        lines = []
        for at, row in zip(numbers.tolist(), chances.cpu().numpy(), strict=True):
            guess, truth = int(row.argmax()), int(labels[at])
            verdict = "right" if guess == truth else f"it is {data.classes[truth]}"
            what = data.shown(shown, at)
            lines.append(f"{what}: {data.classes[guess]} ({row[guess]:.2f}), {verdict}")
        return "\n".join(lines)

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """The confusion matrix of the part `shown`, and the surest mistakes."""
        del carried
        part, arrays = self.shown, self.picture(predictor)
        figure = None if arrays is None else figure_of(arrays, how)
        if part is None or figure is None:
            return []
        labels, classes = self.data.labels[part], self.data.classes
        chances = self._outputs(predictor, self.inputs[part])[0].double().softmax(-1).cpu().numpy()
        guesses = chances.argmax(axis=-1)
        likely = chances.max(axis=-1)
        wrong = guesses != labels
        mistakes = [
            self.mistake(part, at, (classes[labels[at]], classes[guesses[at]]), float(likely[at]))
            for at in surest(wrong, likely).tolist()
        ]
        if not mistakes:
            return [figure]
        shown = Mistakes(mistakes, int(wrong.sum()), self.features)
        return [figure, Figure(shown, f"{figure.caption}, mistakes", "mistakes")]

    def picture(
        self, predictor: Predictor, steps: int | None = None
    ) -> dict[str, NDArray[Any]] | None:
        """The confusion matrix of the part `shown`.

        Returns:
            `confusion`, counts [class, guessed class]; `classes`, their names; and what `named`
            gives.
        """
        del steps
        if self.shown is None:
            return None
        classes = len(self.data.classes)
        guesses = self._outputs(predictor, self.inputs[self.shown])[0].argmax(dim=-1).cpu().numpy()
        return {
            "confusion": confusion(self.data.labels[self.shown], guesses, classes),
            **self.named(self.shown),
            "classes": np.array(self.data.classes),
        }

    def _outputs(self, predictor: Predictor, sequences: WholeSequences) -> Tensor:
        """Outputs of the head after every sequence, [K, N, classes]."""
        size = predictor.size, len(sequences.lengths), len(self.data.classes)
        logits = torch.empty(size, device=self.device, dtype=predictor.dtype)
        for numbers, _, outputs in sequences.read(predictor):
            logits[:, numbers] = outputs.squeeze(1)  # of the last time steps alone
        return logits
