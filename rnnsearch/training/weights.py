"""What leaves a pack of a trained trial: its weights, and the course of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from rnnsearch.tasks.base import Head

CARRIED = ("carried.h", "carried.c", "carried.2", "carried.3")
"""The names among weights under which a trial that carries its state keeps it."""


@dataclass(frozen=True, slots=True)
class History:
    """The course of a training, by epoch, as far as it is known.

    Attributes:
        metric: The name of the study's metric.
        values: The study's metric after each epoch.
        losses: The training loss of each epoch.
        answers: What the network answered after each epoch, where its task puts that into words.
        own_loss: The name of the task's own loss among its metrics; empty where that is not known.
        own_losses: The task's own loss after each epoch, where it is not the study's metric.
    """

    metric: str
    values: Mapping[int, float]
    losses: Mapping[int, float]
    answers: Mapping[int, str]
    own_loss: str = ""
    own_losses: Mapping[int, float] = field(default_factory=dict)

    def curves(self) -> dict[str, Mapping[int, float]]:
        """The curves that are known, by name, each a number by epoch."""
        curves = {self.metric: self.values, "train_loss": self.losses}
        return {name: curve for name, curve in curves.items() if curve}


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A trial's weights at the end of an epoch, without padding, for `TrainedModel.from_weights`.

    Attributes:
        tensors: The weights by the names of `models.network`, in the trial's dtype. Where training
            carried a state, also that state after the epoch, under the names of `CARRIED`,
            (layers, batch, hidden) each.
        epoch: After which epoch they were taken, counting from 1.
        metrics: The metrics of that epoch; of a trial in folds, those of its own best epoch.
        head: At which time steps the task asks for outputs; None where only the task's data tells.
        history: The course of the training; None where it was not followed.
    """

    tensors: Mapping[str, np.ndarray]
    epoch: int
    metrics: Mapping[str, float]
    head: Head | None = None
    history: History | None = None
