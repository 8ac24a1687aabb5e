"""The tags task on a device: batches of whole sequences, and scores of whole parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rnnsearch.figures.figure import Figure, figure_of
from rnnsearch.figures.mistakes import Mistakes, surest
from rnnsearch.tasks.arrays import Bools, Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.class_measures import confusion, measures
from rnnsearch.tasks.custom_metrics import measured
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.sequences.task import SequencesTask
from rnnsearch.tasks.sums import row_sums
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.tags.data import TagsData
from rnnsearch.tasks.tags.measures import f1_names
from rnnsearch.tasks.whole import WholeSequences

EXAMPLES = 8
"""How many validation sequences `say` names."""


class TagsTask(SequencesTask[TagsConfig, TagsData]):
    """Read a whole sequence, and say a class at each of its time steps."""

    head: Head = "every"

    def __init__(
        self, config: TagsConfig, data: TagsData, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__(config, data, device, dtype)
        self._tags = {
            part: WholeSequences(some, device, torch.int64) for part, some in data.tags.items()
        }
        self._weighed: WholeSequences | None = None
        if data.weights is not None:
            of_steps = Ragged(data.weights, data.tags["train"].starts)
            self._weighed = WholeSequences(of_steps, device, dtype)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Whole sequences [K, T, B, F], their labels and weights [K, T, B], and lengths [K, B]."""
        inputs, lengths = self.padded(index, window)
        targets, _ = self._tags["train"].padded(index, inputs.shape[1])
        weights = None
        if self._weighed is not None:
            weights, _ = self._weighed.padded(index, inputs.shape[1])
        return Batch(inputs, targets, lengths, weights)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Accuracy, F1 and mean negative log-likelihood in nats over every time step of a part,
        each sequence from the zero state.

        All are NaN of a model whose outputs are not finite.
        """
        del carried
        if part not in self.inputs:
            return {}
        classes, steps = self.data.classes, len(self.data.tags[part].values)
        counts = np.zeros((predictor.size, len(classes), len(classes)), dtype=np.int64)
        total: Tensor | None = None
        chances: list[tuple[Tensor, Tensor]] = []
        for numbers, lengths, outputs in self.inputs[part].read(predictor):
            time = outputs.shape[1]
            truth, _ = self._tags[part].padded(numbers.unsqueeze(0), time)
            logs = functional.log_softmax(outputs.double(), dim=-1)
            picked = logs.gather(-1, truth.expand(len(logs), -1, -1).unsqueeze(-1)).squeeze(-1)
            each = torch.arange(time, device=lengths.device).view(1, -1, 1) < lengths.unsqueeze(1)
            nats = -row_sums(torch.where(each, picked, 0.0))
            total = nats if total is None else total + nats
            counts += self._counts(part, numbers, outputs)
            if self.config.metrics:
                chances.append((logs.exp()[:, each[0]], truth[0][each[0]]))
        assert total is not None  # a part has at least one sequence
        total = total / steps
        of_trials = [measures(of_trial, f1_names(classes)) for of_trial in counts]
        metrics = {
            f"{part}_{name}": torch.where(
                total.isfinite(), total.new_tensor([one[name] for one in of_trials]), torch.nan
            )
            for name in of_trials[0]
        }
        if chances:
            shown, true = zip(*chances, strict=True)
            metrics |= measured(self.config.metrics, part, torch.cat(shown, 1), torch.cat(true))
        return {**metrics, f"{part}_nats": total}

    def say(self, predictor: Predictor) -> str:
        """A line for each of the first sequences of the part `shown`: at what share of its time
        steps the model's label is right."""
        lines: list[str] = []
        part = self.shown
        for number, rights in self._rights(predictor, part) if part else ():
            share = float(rights.mean())
            lines.append(f"sequence {number} of {part}, {len(rights):,} steps: {share:.1%} right")
            if len(lines) == EXAMPLES:
                break
        return "\n".join(lines)

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """The confusion matrix of the part `shown`, and the mistakes that the model was surest of,
        one of each sequence at the most."""
        del carried
        part, arrays = self.shown, self.picture(predictor)
        figure = None if arrays is None else figure_of(arrays, how)
        if part is None or figure is None:
            return []
        classes, count = self.data.classes, 0
        rows: list[tuple[int, int, str, str]] = []
        chances: list[float] = []
        for numbers, _, outputs in self.inputs[part].read(predictor):
            guesses, truth, valid = self._on_host(part, numbers, outputs[:1])
            likely = outputs[0].double().softmax(-1).amax(-1).cpu().numpy()
            wrong = valid & (guesses[0] != truth)
            count += int(wrong.sum())
            for place, number in enumerate(numbers.cpu().tolist()):
                for step in surest(wrong[:, place], likely[:, place]).tolist()[:1]:
                    names = classes[truth[step, place]], classes[guesses[0, step, place]]
                    rows.append((number, step, *names))
                    chances.append(float(likely[step, place]))
        mistakes = []
        for at in surest(np.ones(len(rows), dtype=bool), np.array(chances)).tolist():
            number, step, true, guess = rows[at]
            mistakes.append(self.mistake(part, number, (true, guess), chances[at], step))
        if not mistakes:
            return [figure]
        shown = Mistakes(mistakes, count, self.features)
        return [figure, Figure(shown, f"{figure.caption}, mistakes", "mistakes")]

    def picture(
        self, predictor: Predictor, steps: int | None = None
    ) -> dict[str, NDArray[Any]] | None:
        """The confusion matrix of the time steps of the part `shown`.

        Returns:
            `confusion`, counts [class, guessed class]; `classes`, their names; and what `named`
            gives.
        """
        del steps
        if self.shown is None:
            return None
        counts = sum(
            self._counts(self.shown, numbers, outputs)[0]
            for numbers, _, outputs in self.inputs[self.shown].read(predictor)
        )
        return {
            "confusion": np.asarray(counts),
            "classes": np.array(self.data.classes),
            **self.named(self.shown),
        }

    def _counts(self, part: Part, numbers: Tensor, outputs: Tensor) -> Ints:
        """The confusion matrices of some sequences, [K, class, guessed class]."""
        classes = len(self.data.classes)
        guesses, truth, valid = self._on_host(part, numbers, outputs)
        return np.stack([confusion(truth[valid], one[valid], classes) for one in guesses])

    def _on_host(self, part: Part, numbers: Tensor, outputs: Tensor) -> tuple[Ints, Ints, Bools]:
        """Guessed classes [K, T, B], true ones [T, B] and which of them count [T, B], in numpy."""
        guesses = outputs.argmax(dim=-1).cpu().numpy()
        truth = np.zeros(guesses.shape[1:], dtype=np.int64)
        valid = np.zeros(guesses.shape[1:], dtype=bool)
        for place, number in enumerate(numbers.cpu().tolist()):
            tags = self.data.tags[part][number][: len(truth)]
            truth[: len(tags), place], valid[: len(tags), place] = tags, True
        return guesses, truth, valid

    def _rights(self, predictor: Predictor, part: Part) -> Iterator[tuple[int, Bools]]:
        """The number of each sequence of a part, and which of its time steps the first network
        labels right, [time steps]."""
        for numbers, _, outputs in self.inputs[part].read(predictor):
            guesses, truth, valid = self._on_host(part, numbers, outputs)
            for place, number in enumerate(numbers.cpu().tolist()):
                counted = valid[:, place]
                yield number, guesses[0, counted, place] == truth[counted, place]
