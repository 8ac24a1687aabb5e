"""A trial's weights, out of the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnnsearch.tasks.base import Head

CARRIED = ("carried.h", "carried.c", "carried.2", "carried.3")
"""Of a trial that carries its state from step to step: the state out of training, as `tensors`."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Weights at the end of an epoch, unpadded, for `TrainedModel.from_weights`.

    Attributes:
        tensors: By the names of `models.network`, in the trial's dtype; and, where training
            carried a state, what it was after that epoch under the names of `CARRIED`,
            (layers, batch, hidden) each.
        epoch: Counts from 1.
        metrics: Of that epoch.
        head: When the task asks for outputs; None where only the task's data tells.
    """

    tensors: Mapping[str, np.ndarray]
    epoch: int
    metrics: Mapping[str, float]
    head: Head | None = None
