"""The arrays task on a device: batches of whole sequences, and scores of whole parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rnnsearch.figures.figure import Figure, figure_of
from rnnsearch.figures.mistakes import Mistakes
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.class_measures import confusion, measures
from rnnsearch.tasks.custom_metrics import measured
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.data import ArraysData
from rnnsearch.tasks.given_arrays.mistakes import mistakes_of
from rnnsearch.tasks.sums import row_sums
from rnnsearch.tasks.whole import WholeSequences, bucketed_passes


class ArraysTask:
    """Read a whole sequence, and answer at every time step or after the last one.

    A batch holds whole sequences of like length, drawn anew for each pass; see `bucketed_passes`.
    """

    natural_epoch = True

    def __init__(
        self, config: ArraysConfig, data: ArraysData, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.config = config
        self.data = data
        self.head: Head = "every" if data.every else "last"
        read = torch.int64 if data.symbolic else dtype
        answer = torch.int64 if data.classes else dtype
        self._inputs = {
            part: WholeSequences(some, device, read) for part, some in data.inputs.items()
        }
        self._targets = {
            part: WholeSequences(some, device, answer) for part, some in data.targets.items()
        }

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """Numbers of training sequences, or `NOBODY` in an empty place; [training steps, B]."""
        return bucketed_passes(seed, epoch, window, self._inputs["train"].on_host)

    def longest(self, index: Ints) -> Ints:
        """See `UnequalTask.longest`."""
        return self._inputs["train"].longest(index)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """Whole sequences [K, T, B, ...] with their targets [K, T or 1, B, ...] and lengths."""
        steps = self.data.seq_len(window)
        inputs, lengths = self._inputs["train"].padded(index, steps)
        targets, _ = self._targets["train"].padded(index, steps if self.data.every else 1)
        return Batch(inputs, targets, lengths)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """The task's metrics over every answer of a part, each sequence from the zero state.

        All are NaN of a model whose outputs are not finite.
        """
        del carried
        if part not in self._inputs:
            return {}
        scored = self._of_classes if self.data.classes else self._of_numbers
        own = {f"{part}_{name}": values for name, values in scored(predictor, part).items()}
        if not self.config.metrics:
            return own
        return own | measured(self.config.metrics, part, *self._shown(predictor, part))

    def _shown(self, predictor: Predictor, part: Part) -> tuple[Tensor, Tensor]:
        """All answers of a part as `measured` takes them."""
        outputs, targets = [], []
        for answered, truth, valid in self._scored(predictor, part):
            outputs.append(answered.double()[:, valid[0]])
            targets.append(truth[0][valid[0]])
        shown, true = torch.cat(outputs, 1), torch.cat(targets)
        if (scaler := self.data.target_scaler) is None:
            return shown.softmax(-1), true
        center, unit = (shown.new_tensor(one) for one in (scaler.center, scaler.scale))
        return shown * unit + center, true.double() * unit + center

    def _of_classes(self, predictor: Predictor, part: Part) -> dict[str, Tensor]:
        classes, answers = len(self.data.classes), self._answers(part)
        nats = torch.zeros(predictor.size, dtype=torch.float64, device=predictor.device)
        counts = np.zeros((predictor.size, classes, classes), dtype=np.int64)
        for outputs, targets, valid in self._scored(predictor, part):
            logs = functional.log_softmax(outputs.double(), dim=-1)
            truth = targets.expand(len(logs), *targets.shape[1:])
            picked = logs.gather(-1, truth.unsqueeze(-1)).squeeze(-1)
            nats = nats - row_sums(torch.where(valid, picked, 0.0))
            guesses = outputs.argmax(dim=-1).cpu().numpy()
            counted, expected = valid[0].cpu().numpy(), targets[0].cpu().numpy()
            for of_trial, guessed in zip(counts, guesses, strict=True):
                of_trial += confusion(expected[counted], guessed[counted], classes)
        nats = nats / answers
        scores = [measures(one) for one in counts]
        shares = {
            name: torch.where(
                nats.isfinite(), nats.new_tensor([one[name] for one in scores]), torch.nan
            )
            for name in ("accuracy", "macro_f1")
        }
        return {**shares, "nats": nats}

    def _of_numbers(self, predictor: Predictor, part: Part) -> dict[str, Tensor]:
        scaler = self.data.target_scaler
        assert scaler is not None
        numbers = self._answers(part) * self.data.output_size
        unit = torch.tensor(scaler.scale, dtype=torch.float64, device=predictor.device)
        squares = torch.zeros(predictor.size, dtype=torch.float64, device=predictor.device)
        scaled = distances = squares
        for outputs, targets, valid in self._scored(predictor, part):
            errors = torch.where(valid.unsqueeze(-1), (outputs - targets).double(), 0.0)
            scaled = scaled + row_sums(errors.square())
            squares = squares + row_sums((errors * unit).square())
            distances = distances + row_sums((errors * unit).abs())
        return {
            "mse": scaled / numbers,
            "rmse": (squares / numbers).sqrt(),
            "mae": distances / numbers,
        }

    def _scored(self, predictor: Predictor, part: Part) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Outputs [K, T', B, O], targets [1, T', B, ...] and which of them count, [1, T', B]."""
        for numbers, lengths, outputs in self._inputs[part].read(predictor):
            steps = outputs.shape[1]
            targets, answers = self._targets[part].padded(numbers.unsqueeze(0), steps)
            time = torch.arange(steps, device=lengths.device).view(1, -1, 1)
            yield outputs, targets, time < answers.unsqueeze(1)

    def _answers(self, part: Part) -> int:
        return len(self.data.targets[part].values)

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """What `picture` shows, and of classes the mistakes that the model was surest of."""
        del carried
        figure = figure_of(self.picture(predictor), how)
        assert figure is not None
        mistakes = self._mistakes(predictor) if self.data.classes else None
        if mistakes is None:
            return [figure]
        return [figure, Figure(mistakes, f"{figure.caption}, mistakes", "mistakes")]

    def _mistakes(self, predictor: Predictor) -> Mistakes | None:
        rows: list[tuple[Ints, Ints, Ints, Floats]] = []
        for numbers, lengths, outputs in self._inputs["val"].read(predictor):
            chances = outputs[0].double().softmax(dim=-1).cpu().numpy()  # [T', B, classes]
            steps = np.arange(len(chances))[:, None]
            answers = np.minimum(lengths[0].cpu().numpy(), len(chances))
            at, place = np.nonzero(steps < answers)
            shown = chances[at, place]
            rows.append((numbers.cpu().numpy()[place], at, shown.argmax(-1), shown.max(-1)))
        if not rows:
            return None
        return mistakes_of(
            self.data, "val", *(np.concatenate(each) for each in zip(*rows, strict=True))
        )

    def picture(self, predictor: Predictor, steps: int | None = None) -> dict[str, NDArray[Any]]:
        """How the answers of the validation part stand against the true ones; with folds those of
        the test part, or where there is none of the training part.

        Returns:
            Of classes `confusion`, counts [class, guessed class], and `classes`, their names. Of
            numbers `actual` and `predicted`, the first output of every answer in the units of y,
            and `quantity`, its name.
        """
        del steps
        shown = self._confused(predictor) if self.data.classes else self._scattered(predictor)
        part = self._shown_part
        return shown if part == "val" else {**shown, "part": np.array(part)}

    @property
    def _shown_part(self) -> Part:
        parts: tuple[Part, ...] = ("val", "test", "train")
        return next(part for part in parts if part in self._inputs)

    def _confused(self, predictor: Predictor) -> dict[str, NDArray[Any]]:
        classes = len(self.data.classes)
        counts = np.zeros((classes, classes), dtype=np.int64)
        for outputs, targets, valid in self._scored(predictor, self._shown_part):
            counted = valid[0].cpu().numpy()
            guesses = outputs[0].argmax(dim=-1).cpu().numpy()
            counts += confusion(targets[0].cpu().numpy()[counted], guesses[counted], classes)
        return {"confusion": counts, "classes": np.array(self.data.classes)}

    def _scattered(self, predictor: Predictor) -> dict[str, NDArray[Any]]:
        scaler, many = self.data.target_scaler, self.data.output_size
        assert scaler is not None
        pairs = []
        for outputs, targets, valid in self._scored(predictor, self._shown_part):
            both = torch.stack([targets[0, ..., 0], outputs[0, ..., 0].to(targets.dtype)], dim=-1)
            pairs.append(both[valid[0]].cpu().numpy())
        actual, predicted = np.concatenate(pairs).T * scaler.scale[0] + scaler.center[0]
        name = "y" if many == 1 else f"y, the first of {many}"
        return {"actual": actual, "predicted": predicted, "quantity": np.array(name)}
