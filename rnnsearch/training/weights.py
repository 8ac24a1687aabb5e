"""A trial's weights, out of the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rnnsearch.tasks.base import Head

CARRIED = ("carried.h", "carried.c", "carried.2", "carried.3")
"""Of a trial that carries its state from step to step: the state out of training, as `tensors`."""


@dataclass(frozen=True, slots=True)
class History:
    """A training by epoch, as far as it is known.

    Attributes:
        metric: Of the study.
        values: The metric.
        losses: The training loss.
        said: What the network answered, of a task so small that it is told.
    """

    metric: str
    values: Mapping[int, float]
    losses: Mapping[int, float]
    said: Mapping[int, str]

    def curves(self) -> dict[str, Mapping[int, float]]:
        """What is known by epoch, by name."""
        found = {self.metric: self.values, "train_loss": self.losses}
        return {name: curve for name, curve in found.items() if curve}


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
        history: Of their training; None where nobody followed it.
    """

    tensors: Mapping[str, np.ndarray]
    epoch: int
    metrics: Mapping[str, float]
    head: Head | None = None
    history: History | None = None
