"""One training that a pack can take: a trial of the search, or a finalist's extra seed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rnnsearch.errors import LedgerError
from rnnsearch.goal import Goal, standing
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import BestEpoch, EpochReport
from rnnsearch.training.weights import History, Weights

LOSS = "train_loss"


@dataclass(slots=True)
class Job:
    """A training on its way through the packs.

    Attributes:
        trial_id: Its name inside a pack.
        number: The trial that it belongs to.
        limit: Finished epochs at which it waits for a decision.
        known_epoch: Epochs that are on record from an earlier attempt; a replay repeats them.
        epoch: Finished epochs of this attempt.
        curve: Finite values of the study's metric by epoch, earlier attempts included.
        kernel: What computes it, in words, as the pack says; empty before its first step.
        missed: How often a pack's roster lacked it although it was sent.
        held: The best epoch of this attempt, whose weights its pack keeps; None before the first.
        losses: The training loss by epoch, as far as this driver saw it.
        said: What the network answered by epoch, where its task tells it.
    """

    trial_id: str
    number: int
    config: TrialConfig
    limit: int
    name: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    attempt: int = 1
    alone: bool = False
    snapshot: str | None = None
    known_epoch: int = 0
    epoch: int = 0
    curve: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0
    training_steps: int = 0
    kernel: str = ""
    missed: int = 0
    held: BestEpoch | None = None
    losses: dict[int, float] = field(default_factory=dict)
    said: dict[int, str] = field(default_factory=dict)

    def take(self, report: EpochReport, metric: str) -> tuple[float, bool]:
        """Note one finished epoch.

        Returns:
            The metric, and whether this epoch is new (not the replay of an earlier attempt).

        Raises:
            LedgerError: The task does not report the study's metric.
        """
        if metric not in report.metrics:
            names = ", ".join(sorted(report.metrics))
            raise LedgerError(f"the task reports no {metric}; it reports {names}")
        value = float(report.metrics[metric])
        self.epoch = report.epoch
        self.held = report.best
        self.seconds += report.seconds
        self.training_steps += report.training_steps
        if math.isfinite(value):
            self.curve[report.epoch] = value
        if (loss := report.metrics.get(LOSS)) is not None and math.isfinite(loss):
            self.losses[report.epoch] = float(f"{loss:.6g}")
        if report.said:
            self.said[report.epoch] = report.said
        return value, report.epoch > self.known_epoch

    def start_over(self, snapshot: str | None) -> None:
        """Forget this attempt's place; what is on record stays known."""
        self.known_epoch = max(self.known_epoch, self.epoch)
        self.epoch = 0
        self.held = None
        self.snapshot = snapshot

    def with_history(self, weights: Weights, metric: str) -> Weights:
        """Weights of this training, with the way to them."""
        history = History(metric, dict(self.curve), dict(self.losses), dict(self.said))
        return replace(weights, history=history)

    def best(self, goal: Goal) -> BestEpoch | None:
        """The best epoch: as the pack says, once it has caught up with what is on record.

        Before that, of the record, the earliest among equals.
        """
        if self.held is not None and self.epoch >= self.known_epoch:
            return self.held
        if not self.curve:
            return None
        epoch = min(self.curve, key=lambda epoch: (standing(goal, self.curve[epoch]), epoch))
        return BestEpoch(epoch, self.curve[epoch])
