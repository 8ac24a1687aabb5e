"""A trial in folds aboard a pack: its networks, and the weights that may become its model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median_low, stdev
from typing import Any

import numpy as np

from rnnsearch.goal import Judge
from rnnsearch.training.layout import Layout
from rnnsearch.training.slots import BEST_AT, Slot, TrialSlot

SPREAD = "_spread"
"""What follows a metric's name where the standard deviation over the folds stands beside it."""


@dataclass(slots=True, eq=False, kw_only=True)
class FoldedSlot(TrialSlot):
    """The bookkeeping of a trial in folds.

    Its model is the network that is trained on all folds, to the median of the folds' best epochs.
    Until the end nobody knows which epoch that is, but it is one of those best epochs: so the
    weights after each of them are kept. Of an even number of folds the lower one in the middle is
    taken.

    Attributes:
        folds: The networks that are each scored on one fold; their `best_epoch` and `best_metrics`
            are of that fold.
        model: The network that is trained on all of them.
        kept: Its weights after each fold's best epoch, by that epoch, as `Slot.best` names them.
        scores: The metrics of each fold in the epoch that ended, the training loss among them.
    """

    layout: Layout
    folds: Sequence[Slot]
    model: Slot
    kept: dict[int, dict[str, np.ndarray[Any, Any]]] = field(default_factory=dict, repr=False)
    scores: list[dict[str, float]] = field(default_factory=list)

    @property
    def members(self) -> list[Slot]:
        """All networks, the model last."""
        return [*self.folds, self.model]

    @property
    def ended(self) -> bool:
        return all(member.ended for member in self.members)

    def count(self) -> None:
        """Sum up what the networks took."""
        members = self.members
        self.total = sum(member.total for member in members)
        self.seconds = math.fsum(member.seconds for member in members)
        self.gradient_norm = max(member.gradient_norm for member in members)

    def enter(
        self,
        scores: Sequence[dict[str, float]],
        judge: Judge,
        weights: Mapping[str, np.ndarray[Any, Any]],
    ) -> None:
        """Enter the metrics of an epoch that ended, and keep the model's weights if need be.

        Args:
            scores: The metrics of each fold.
            judge: Compares a fold's epochs.
            weights: The model's weights as they are now, as `Slot.best` names them.
        """
        self.scores = list(scores)
        if not all(math.isfinite(value) for own in scores for value in own.values()):
            return  # the trial diverged
        for slot, own in zip(self.folds, scores, strict=True):
            if slot.best_epoch is None or judge.of(own) < judge.of(slot.best_metrics):
                slot.best_epoch, slot.best_metrics = self.epoch + 1, own
        epochs = [slot.best_epoch for slot in self.folds if slot.best_epoch is not None]
        if self.epoch + 1 in epochs:
            self.kept[self.epoch + 1] = dict(weights)
        self.kept = {epoch: self.kept[epoch] for epoch in sorted(set(epochs))}
        middle = median_low(epochs)
        self.best = {**self.kept[middle], BEST_AT: np.array([middle])}

    def means(self) -> dict[str, float]:
        """The mean of each metric over the folds, and its standard deviation beside it."""
        means: dict[str, float] = {}
        for name in self.scores[0]:
            values = [own[name] for own in self.scores]
            means[name] = math.fsum(values) / len(values)
            if all(map(math.isfinite, values)):
                means[f"{name}{SPREAD}"] = stdev(values)
        return means

    def close(self) -> None:
        TrialSlot.close(self)  # as in `Slot`
        self.scores = []
