"""A training under way: a trial of the search, or another seed of a finalist."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from rnnsearch.errors import LedgerError
from rnnsearch.goal import Goal, standing
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import Boarding
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import BestEpoch, EpochReport
from rnnsearch.training.weights import History, Weights

LOSS = "train_loss"


@dataclass(slots=True)
class Job:
    """A training on its way through the packs.

    Attributes:
        trial_id: The training's name inside a pack.
        trial: The trial that it belongs to, as the ledger had it when the job was made.
        limit: The number of finished epochs at which the training waits for a decision.
        alone: Whether it must be the only training aboard its pack.
        snapshot: Name of the snapshot file from which a pack goes on with it; None starts from
            its seed.
        known_epoch: How many epochs are on record from earlier attempts; a replay repeats them.
        epoch: How many epochs this attempt has finished.
        curve: The study's metric by epoch where it is finite, earlier attempts included.
        losses: The training loss by epoch, as far as this driver saw it.
        answers: What the network answered after each epoch, where its task reports that.
        best_aboard: The best epoch of this attempt, whose weights the pack keeps; None before the
            first epoch.
        own_loss: The name of the task's own loss among its metrics; empty where it has none.
        own_losses: The task's own loss by epoch, where it is not the study's metric, as far as this
            driver saw it.
        seconds: Seconds of training, as far as this driver saw it.
        training_steps: Training steps taken, likewise.
        kernel: What computes the training, in the pack's words; empty before its first step.
        missed: How many rosters of its pack lacked it although it was sent there.
    """

    trial_id: str
    trial: TrialRecord
    config: TrialConfig
    limit: int
    alone: bool = False
    snapshot: str | None = None
    known_epoch: int = 0
    epoch: int = 0
    curve: dict[int, float] = field(default_factory=dict)
    losses: dict[int, float] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)
    best_aboard: BestEpoch | None = None
    own_loss: str = ""
    own_losses: dict[int, float] = field(default_factory=dict)
    seconds: float = 0.0
    training_steps: int = 0
    kernel: str = ""
    missed: int = 0

    @property
    def number(self) -> int:
        """The number of its trial."""
        return self.trial.number

    @property
    def rerun_seed(self) -> int | None:
        """The seed of a finalist's rerun; None where this is the trial's own training."""
        return None if self.config.seed == self.trial.seed else self.config.seed

    def take(self, report: EpochReport, metric: str) -> tuple[float, bool]:
        """Enter the report of one finished epoch.

        Returns:
            The study's metric, and whether the epoch is new, that is, no replay of an earlier
            attempt.

        Raises:
            LedgerError: The task does not report the study's metric.
        """
        if metric not in report.metrics:
            names = ", ".join(sorted(report.metrics))
            raise LedgerError(f"the task reports no {metric}; it reports {names}")
        value = float(report.metrics[metric])
        self.epoch = report.epoch
        self.best_aboard = report.best
        self.seconds += report.seconds
        self.training_steps += report.training_steps
        if math.isfinite(value):
            self.curve[report.epoch] = value
        if (loss := report.metrics.get(LOSS)) is not None and math.isfinite(loss):
            self.losses[report.epoch] = float(f"{loss:.6g}")
        own = report.metrics.get(self.own_loss) if self.own_loss != metric else None
        if own is not None and math.isfinite(own):
            self.own_losses[report.epoch] = float(f"{own:.6g}")
        if report.answer:
            self.answers[report.epoch] = report.answer
        return value, report.epoch > self.known_epoch

    def boarding(self, data_ref: Callable[[TaskConfig], Any]) -> Boarding:
        """What a pack has to know to take it aboard.

        Args:
            data_ref: Gives the reference by which a pack can fetch a task's data.
        """
        data = data_ref(self.config.task)
        trial = self.trial
        from_parent = trial.parent is not None and self.known_epoch >= trial.parent_epoch
        parent = str(trial.parent) if from_parent else ""
        return Boarding(self.trial_id, self.config, self.snapshot, data, self.known_epoch, parent)

    def start_over(self, snapshot: str | None) -> None:
        """Begin a new attempt from a snapshot, or from the seed; what is on record stays known."""
        self.known_epoch = max(self.known_epoch, self.epoch)
        self.epoch = 0
        self.best_aboard = None
        self.snapshot = snapshot

    def with_history(self, weights: Weights, metric: str) -> Weights:
        """Weights of this training, with the curves that led to them."""
        history = History(
            metric,
            dict(self.curve),
            dict(self.losses),
            dict(self.answers),
            self.own_loss,
            dict(self.own_losses),
        )
        return replace(weights, history=history)

    def best(self, goal: Goal) -> BestEpoch | None:
        """The best epoch: the pack's, once this attempt has caught up with what is on record.

        Before that it is the best epoch on record, the earliest among equals.
        """
        if self.best_aboard is not None and self.epoch >= self.known_epoch:
            return self.best_aboard
        if not self.curve:
            return None
        epoch = min(self.curve, key=lambda epoch: (standing(goal, self.curve[epoch]), epoch))
        return BestEpoch(epoch, self.curve[epoch])
