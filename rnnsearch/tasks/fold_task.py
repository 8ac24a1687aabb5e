"""One fold of a task on a device: what its network is trained on, and what it is scored on."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

from rnnsearch.tasks.arrays import Ints
from rnnsearch.tasks.base import Part, Predictor, State, Task, Window
from rnnsearch.tasks.whole import NOBODY


class FoldTask:
    """A fold of a task. Batches are gathered by the task of which it is one.

    Args:
        own: The task on the data of the fold alone.
        numbers: Which training sequences of the whole task those of `own` are; None where they
            have the same numbers.
    """

    def __init__(self, own: Task, numbers: Ints | None) -> None:
        self._own = own
        self._numbers = numbers

    def epoch_index(self, seed: int, epoch: int, window: Window) -> np.ndarray[Any, Any]:
        """See `Task.epoch_index`; numbers are those of the whole task."""
        index = self._own.epoch_index(seed, epoch, window)
        if self._numbers is None:
            return index
        return np.where(index == NOBODY, NOBODY, self._numbers[index])

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        """Metrics of the fold, as the validation part."""
        return self._own.evaluate(predictor, part, carried)
