"""A trial as the ledger hands it out, and as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rnnsearch.events import TrialState
from rnnsearch.goal import Goal, Standing, standing

BEST_LOSS = "best_loss"
"""Attribute of an ended trial: the task's own loss at its best epoch."""

TRAIN_LOSSES = "train_losses"
"""Attribute of an ended trial: the training loss by epoch, as far as its last driver saw it."""

CRASHES_BEFORE_ALONE = 3
"""A trial that was aboard so many crashes runs alone from then on."""


@dataclass(frozen=True)
class TrialRecord:
    """All that the ledger knows about a trial.

    Attributes:
        number: Its number in the study, from 0.
        name: `trial-0004-lstm`.
        state: As people see it; `running` is aboard a pack or asked ahead of need.
        params: What was sampled, under dotted keys.
        values_by_epoch: The study's metric after each epoch.
        value: The metric at the last epoch where it was finite; None before the first.
        best_value: The best of the curve by the study's goal, and `best_epoch` where it stood.
        epoch: Finished epochs.
        reason: Why it ended; empty while it has not.
        seed: What all its randomness derives from.
        attempts: How often it went aboard a pack.
        crashes: How many crashes it was aboard of.
        snapshot: Where its last snapshot lies; without one it starts again from its seed.
        seconds: Seconds of training; None before its end.
        started: Unix time when it was asked for, and `ended` when it was told.
        attributes: Whatever else was noted at its end.
    """

    number: int
    name: str
    state: TrialState
    params: Mapping[str, Any]
    values_by_epoch: Mapping[int, float]
    value: float | None
    best_value: float | None
    best_epoch: int | None
    epoch: int
    reason: str
    seed: int
    attempts: int
    crashes: int
    snapshot: str | None
    seconds: float | None
    started: float | None
    ended: float | None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def standing(self, goal: Goal) -> Standing:
        """Its place among the trials by its best epoch; the lower of two is better."""
        return standing(goal, self.best_value, self.best_loss)

    @property
    def alone(self) -> bool:
        """Whether it was aboard too many crashes, and gets a pack of its own."""
        return self.crashes >= CRASHES_BEFORE_ALONE

    @property
    def losses_by_epoch(self) -> dict[int, float]:
        """The training loss, where it is known: of an ended trial, and not of older studies."""
        losses = self.attributes.get(TRAIN_LOSSES) or {}
        return {int(epoch): loss for epoch, loss in losses.items()}

    @property
    def best_loss(self) -> float | None:
        """The task's own loss at `best_epoch`; None before the end, and in older studies."""
        loss: float | None = self.attributes.get(BEST_LOSS)
        return loss


def trial_name(number: int, params: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """`trial-0004-lstm`: the cell comes from the sampled params or the study's fixed values.

    Of a user's own cell, the class.
    """
    cell = str(params.get("model.cell", values.get("model.cell", ""))).rpartition(":")[2]
    return f"trial-{number:04d}-{cell}" if cell else f"trial-{number:04d}"
