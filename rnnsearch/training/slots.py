"""A trial aboard a pack: what the pack keeps of it on the host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch

from rnnsearch.models.config import NetworkConfig
from rnnsearch.models.weights import state_width
from rnnsearch.tasks.base import Head, Part, Predictor, State, Task, UnequalTask, Window
from rnnsearch.training.changes import current
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.custom_optimizers import TrialOptimizer
from rnnsearch.training.layout import Layout
from rnnsearch.training.schedules import epoch_factors
from rnnsearch.training.snapshot import Progress
from rnnsearch.training.weights import CARRIED, Weights

BEST_AT = "best_at"
"""Among the arrays of a best epoch, the epoch after which the weights were taken, int64 [1]; it is
there where that is another one than the trial's best."""


@dataclass(slots=True, eq=False, kw_only=True)
class TrialSlot(Progress):
    """What a pack keeps of any trial in training, whatever trains it.

    Attributes:
        own_loss: The task's own among its metrics, which breaks ties; empty where it has none.
        gradient_norm: The norm of the gradient in the last training step, before clipping; NaN
            where it is not known.
        best: Arrays of the best epoch, under their names in a snapshot. Empty before an epoch has
            ended.
    """

    trial_id: str
    own_loss: str
    gradient_norm: float = 0.0
    best: dict[str, np.ndarray[Any, Any]] = field(default_factory=dict, repr=False)

    @property
    def ended(self) -> bool:
        """Whether all training steps of the epoch are taken, and it waits for its evaluation."""
        raise NotImplementedError

    def close(self) -> None:
        """Count the epoch under way as finished, and begin the next."""
        self.epoch += 1
        self.step = 0
        self.loss_sum = self.seconds = 0.0


class View(Protocol):
    """The part of a task's data that one network is trained and evaluated on, as `Task` has it."""

    def epoch_index(self, seed: int, epoch: int, window: Window) -> np.ndarray[Any, Any]:
        """See `Task.epoch_index`."""
        ...

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, torch.Tensor]:
        """See `Task.evaluate`."""
        ...


@dataclass(slots=True, eq=False, kw_only=True)
class Slot(TrialSlot):
    """One trial's bookkeeping; its tensors are rows of its stack, and `best` is padded as they are.

    Its `best` has the names `best`, and of a trial that carries its state `best_state0` and so on.

    Attributes:
        index: The sequences of the epoch under way, as `Task.epoch_index` numbers them, int64
            [steps, B]; None before they are planned.
        longest: Time steps of the longest sequence of each of its batches, [steps]; None where all
            sequences are of one length, or a task pads them itself.
        factors: What the learning rate is multiplied with in each of its training steps, [steps];
            None where all factors are one.
        view: Which part of the task's data it sees; None for the task as it is.
        optimizer: The trial's own, where a person brought it; None for all others.
    """

    layout: Layout
    window: Window
    view: View | None = None
    optimizer: TrialOptimizer | None = None
    index: np.ndarray[Any, Any] | None = field(default=None, repr=False)
    longest: np.ndarray[Any, Any] | None = field(default=None, repr=False)
    factors: np.ndarray[Any, Any] | None = field(default=None, repr=False)

    @property
    def now(self) -> TrialConfig:
        """The config with the values that it has in the epoch under way."""
        return current(self.config, self.epoch)

    def plan(self, task: Task) -> None:
        """Plan the epoch under way: its batches by the task, its learning rates by the schedule."""
        self.index = (self.view or task).epoch_index(self.config.seed, self.epoch, self.window)
        self.longest = task.longest(self.index) if isinstance(task, UnequalTask) else None
        before, count = self.total - self.step, len(self.index)
        self.factors = epoch_factors(self.config.training, before, count, self.plateau)

    def planned(self) -> np.ndarray[Any, Any]:
        """The index of the epoch under way.

        Raises:
            RuntimeError: The epoch is not planned yet.
        """
        if self.index is None:
            raise RuntimeError(f"epoch {self.epoch + 1} of trial {self.trial_id} is not planned")
        return self.index

    def close(self) -> None:
        # No `super()` without arguments: a dataclass with slots is made twice.
        TrialSlot.close(self)
        self.index = self.longest = self.factors = None

    @property
    def ended(self) -> bool:
        return self.index is not None and self.step == len(self.index)


def best_weights(
    trial: Progress, arrays: Mapping[str, np.ndarray[Any, Any]], layout: Layout, head: Head
) -> Weights | None:
    """A trial's weights at its best epoch without their padding, to leave the pack.

    Args:
        arrays: `Slot.best`, or all arrays of a snapshot.
        head: When the trial's task asks for outputs.

    Returns:
        None where no epoch has ended.
    """
    if trial.best_epoch is None:
        return None
    weights = layout.unpack(torch.from_numpy(arrays["best"]))
    if layout.held is not None:
        weights |= layout.held.unpack(torch.from_numpy(arrays["best_held"]))
    tensors = {name: tensor.numpy() for name, tensor in weights.items()}
    states = [arrays[name] for name in sorted(arrays) if name.startswith("best_state")]
    model = trial.config.model
    width = None if isinstance(model, NetworkConfig) else state_width(model)  # that is unpadded
    for name, state in zip(CARRIED, states, strict=False):
        tensors[name] = state[..., :width].copy()
    epoch = int(arrays[BEST_AT][0]) if BEST_AT in arrays else trial.best_epoch
    return Weights(tensors, epoch, trial.best_metrics, head)
