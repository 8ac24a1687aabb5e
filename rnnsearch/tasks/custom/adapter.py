"""A task written for one trial, as packs know tasks: the torch side, a loop over the trials."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.figures.figure import Figure
from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.custom.one_trial import OneTrialData
from rnnsearch.tasks.streams import derive

STEPS_PER_EPOCH = 100
"""Training steps of an epoch where the trial does not say; batches can be drawn without end."""


class LoopedTask:
    """Asks a task for one trial once for each trial of a stack."""

    natural_epoch = False

    def __init__(
        self, config: object, data: OneTrialData, device: torch.device, dtype: torch.dtype
    ) -> None:
        del config  # the data holds it
        self.data = data
        self.head: Head = data.head
        self._device = device
        self._dtype = dtype

    def epoch_index(self, seed: int, epoch: int, window: Window) -> Ints:
        """A row for each training step, which holds the seed of its batch B times; int64 [training
        steps, B]."""
        steps = window.steps_per_epoch or STEPS_PER_EPOCH
        seeds = [derive(seed, "batch", epoch, step) for step in range(steps)]
        return np.repeat(np.array(seeds, dtype=np.int64)[:, None], window.batch_size, axis=1)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """The batches that the task draws with the seeds of K rows.

        Raises:
            DataError: The task's `batch` returned other shapes than it announced.
        """
        del window
        drawn = [self.data.batch(int(row[0]), len(row)) for row in index.cpu()]
        inputs = torch.stack([self.entered(inputs, self.data.symbolic) for inputs, _ in drawn])
        classes = self.data.loss == "cross_entropy"
        targets = torch.stack([self.entered(targets, classes) for _, targets in drawn])
        return Batch(inputs, targets)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """The figures that the task's own `evaluate` gives, of one network after the other."""
        del carried
        shared = _SharedAnswers(self, predictor)
        figures = [
            self.data.config.evaluate(shared.predictions_of(member), part)
            for member in range(predictor.size)
        ]
        return {
            name: torch.tensor(
                [float(one[name]) for one in figures], dtype=torch.float64, device=self._device
            )
            for name in figures[0]
        }

    def figures(self, predictor: Predictor, how: str, carried: State = None) -> list[Figure]:
        """The pictures that the task has of one network; none where it has no `figures`."""
        del how, carried
        return self.data.figures(_SharedAnswers(self, predictor).predictions_of(0))

    def entered(self, array: NDArray[Any], whole: bool) -> Tensor:
        """An array (size, time, ...) on the device, time first: [T, B, F], or int64 [T, B].

        Args:
            whole: Whether it holds whole numbers: symbols or classes.
        """
        dtype = torch.int64 if whole else self._dtype
        numbers = np.ascontiguousarray(array.swapaxes(0, 1))
        return torch.tensor(numbers, device=self._device).to(dtype)


class _SharedAnswers:
    """Outputs of the networks of a stack, kept while a task asks about one after the other.

    A predictor computes all K networks at once. While the task asks about the second network what
    it asked about the first, in the same order, all answers are there already.
    """

    def __init__(self, task: LoopedTask, predictor: Predictor) -> None:
        self._task = task
        self._predictor = predictor
        self._answers: list[tuple[NDArray[Any], NDArray[Any]]] = []
        """Inputs in the order of the questions, and the outputs of all networks for them."""

    def predictions_of(self, member: int) -> Any:
        """The function `predict` that the task's `evaluate` is given for one network."""
        questions = count()

        def predict(inputs: NDArray[Any]) -> NDArray[Any]:
            inputs, number = np.asarray(inputs), next(questions)
            if number < len(self._answers) and np.array_equal(self._answers[number][0], inputs):
                return np.array(self._answers[number][1][member])
            outputs = self._outputs(inputs)
            if number == len(self._answers):
                self._answers.append((inputs.copy(), outputs))
            return np.array(outputs[member])

        return predict

    def _outputs(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """Float64 outputs of all networks, [K, size, time, output]."""
        fed = self._task.entered(inputs, self._task.data.symbolic)
        outputs, _ = self._predictor(fed.unsqueeze(0), None)
        return np.ascontiguousarray(outputs.transpose(1, 2).double().cpu().numpy())
