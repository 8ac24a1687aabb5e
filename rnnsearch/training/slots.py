"""A trial aboard a pack: what the pack keeps of it on the host."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from rnnsearch.models.weights import state_width
from rnnsearch.tasks.base import Head, Task, UnequalTask, Window
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.layout import Layout
from rnnsearch.training.schedules import Plateau, epoch_factors
from rnnsearch.training.snapshot import TrialSnapshot
from rnnsearch.training.weights import CARRIED, Weights


@dataclass(frozen=True, slots=True, eq=False)
class Best:
    """The padded row of parameters at the best epoch, and the metrics there.

    Attributes:
        carried: The padded state out of that epoch, (layers, batch, hidden) a part; empty where
            training carries none.
    """

    row: np.ndarray[Any, Any]
    epoch: int
    metrics: dict[str, float]
    carried: tuple[np.ndarray[Any, Any], ...] = ()


@dataclass(slots=True, eq=False, kw_only=True)
class Slot:
    """One trial's bookkeeping; its tensors are rows of its stack.

    Attributes:
        epoch: Finished epochs.
        step: Optimizer steps taken in the epoch that is under way.
        total: Optimizer steps taken in all.
        index: Of the epoch under way, int64 [steps, B]; None before it is asked for.
        longest: Steps of the longest sequence of each of its batches, [steps]; None where all
            sequences are of one length, or a task pads them itself.
        factors: Of the learning rate in its steps, [steps]; None where all are one.
        plateau: Of the schedule of that name, at the end of the last epoch.
        loss_sum: Of the training losses of the epoch under way.
        seconds: The trial's share of time in the epoch under way.
        gradient_norm: At the last step.
        own_loss: The task's own among its metrics, which breaks ties; empty where it has none.
    """

    trial_id: str
    config: TrialConfig
    layout: Layout
    window: Window
    epoch: int = 0
    step: int = 0
    total: int = 0
    loss_sum: float = 0.0
    seconds: float = 0.0
    gradient_norm: float = 0.0
    own_loss: str = ""
    index: np.ndarray[Any, Any] | None = field(default=None, repr=False)
    longest: np.ndarray[Any, Any] | None = field(default=None, repr=False)
    factors: np.ndarray[Any, Any] | None = field(default=None, repr=False)
    plateau: Plateau = field(default_factory=Plateau)
    best: Best | None = field(default=None, repr=False)

    def plan(self, task: Task) -> None:
        """Ask the task for the epoch under way, and the schedule for its learning rates."""
        self.index = task.epoch_index(self.config.seed, self.epoch, self.window)
        self.longest = task.longest(self.index) if isinstance(task, UnequalTask) else None
        before, count = self.total - self.step, len(self.index)
        self.factors = epoch_factors(self.config.training, before, count, self.plateau)

    def planned(self) -> np.ndarray[Any, Any]:
        """The index of the epoch under way.

        Raises:
            RuntimeError: It was not asked of the task yet.
        """
        if self.index is None:
            raise RuntimeError(f"epoch {self.epoch + 1} of trial {self.trial_id} is not planned")
        return self.index

    def close(self) -> None:
        """Finish the epoch under way."""
        self.epoch += 1
        self.step = 0
        self.loss_sum = self.seconds = 0.0
        self.index = self.longest = self.factors = None

    @property
    def ended(self) -> bool:
        """Whether every step of the epoch is done, and the evaluation is not."""
        return self.index is not None and self.step == len(self.index)


def best_of(snapshot: TrialSnapshot) -> Best | None:
    """The best epoch that a snapshot knows of."""
    if snapshot.best_epoch is None:
        return None
    arrays = snapshot.arrays
    names = sorted(name for name in arrays if name.startswith("best_state"))
    carried = tuple(arrays[name] for name in names)
    return Best(arrays["best"], snapshot.best_epoch, dict(snapshot.best_metrics), carried)


def weights_of(best: Best, config: TrialConfig, layout: Layout, head: Head) -> Weights:
    """What of a best epoch leaves the pack: the trial's own weights, without the padding."""
    own = layout.unpack(torch.from_numpy(best.row))
    tensors = {name: tensor.numpy() for name, tensor in own.items()}
    for name, state in zip(CARRIED, best.carried, strict=False):
        tensors[name] = state[..., : state_width(config.model)].copy()
    return Weights(tensors, best.epoch, best.metrics, head)


def snapshot_of(slot: Slot, rows: dict[str, np.ndarray[Any, Any]]) -> TrialSnapshot:
    """A snapshot of a slot and of its rows in the stack."""
    arrays = dict(rows)
    if slot.best is not None:
        arrays["best"] = slot.best.row
        arrays |= {f"best_state{n}": part for n, part in enumerate(slot.best.carried)}
    return TrialSnapshot(
        config=slot.config,
        epoch=slot.epoch,
        step=slot.step,
        total=slot.total,
        loss_sum=slot.loss_sum,
        seconds=slot.seconds,
        plateau=slot.plateau,
        arrays=arrays,
        best_epoch=slot.best.epoch if slot.best else None,
        best_metrics=slot.best.metrics if slot.best else {},
    )
