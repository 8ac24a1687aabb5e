"""A task told for one trial, as packs know tasks: the torch side, a loop over the trials."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Batch, Head, Part, Predictor, State, Window
from rnnsearch.tasks.custom.one_trial import OneTrialData
from rnnsearch.tasks.streams import derive

STEPS_PER_EPOCH = 100
"""Training steps of an epoch where the trial does not say; drawn batches never end."""


class LoopedTask:
    """Asks the user's task once for each trial, so that a slow one slows only itself."""

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
        """The seed of each batch, in every place of its row; [steps, B]."""
        steps = window.steps_per_epoch or STEPS_PER_EPOCH
        seeds = [derive(seed, "batch", epoch, step) for step in range(steps)]
        return np.repeat(np.array(seeds, dtype=np.int64)[:, None], window.batch_size, axis=1)

    def gather(self, index: Tensor, window: Window) -> Batch:
        """The batch of each row's seed.

        Raises:
            DataError: The task's `batch` returned other shapes than it announced.
        """
        del window
        drawn = [self.data.batch(int(row[0]), len(row)) for row in index.cpu()]
        inputs = torch.stack([self._entered(inputs, self.data.symbolic) for inputs, _ in drawn])
        classes = self.data.loss == "cross_entropy"
        targets = torch.stack([self._entered(targets, classes) for _, targets in drawn])
        return Batch(inputs, targets)

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """The task's own figures, trial after trial."""
        del carried
        told = _Told(self, predictor)
        found = []
        for member in range(predictor.size):
            found.append(self.data.config.evaluate(told.predict(member), part))
        return {
            name: torch.tensor(
                [float(scored[name]) for scored in found], dtype=torch.float64, device=self._device
            )
            for name in found[0]
        }

    def _entered(self, array: NDArray[Any], whole: bool) -> Tensor:
        """Time first: [T, B, F], or whole numbers [T, B]."""
        dtype = torch.int64 if whole else self._dtype
        numbers = np.ascontiguousarray(array.swapaxes(0, 1))
        return torch.tensor(numbers, device=self._device).to(dtype)


class _Told:
    """What the networks of a stack have said, so that none computes for the others in vain.

    A predictor computes all K networks at once, and a task asks about one after the other. While
    one asks what the first one asked, in the same order, all answers are there already.
    """

    def __init__(self, task: LoopedTask, predictor: Predictor) -> None:
        self._task = task
        self._predictor = predictor
        self._answers: list[tuple[NDArray[Any], NDArray[Any]]] = []

    def predict(self, member: int) -> Any:
        """The function that the user's task is given for one network."""
        asked = 0

        def answer(inputs: NDArray[Any]) -> NDArray[Any]:
            nonlocal asked
            inputs, number = np.asarray(inputs), asked
            asked += 1
            if number < len(self._answers) and np.array_equal(self._answers[number][0], inputs):
                return np.array(self._answers[number][1][member])
            outputs = self._outputs(inputs)
            if number == len(self._answers):
                self._answers.append((inputs.copy(), outputs))
            return np.array(outputs[member])

        return answer

    def _outputs(self, inputs: NDArray[Any]) -> NDArray[Any]:
        """[K, size, time, output]"""
        fed = self._task._entered(inputs, self._task.data.symbolic)
        outputs, _ = self._predictor(fed.unsqueeze(0), None)
        return np.ascontiguousarray(outputs.transpose(1, 2).double().cpu().numpy())
