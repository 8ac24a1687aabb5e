"""What a pack reports: finished epochs, diverged and refused trials, and all of a slice at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class BestEpoch:
    """A trial's best epoch, whose weights are kept.

    Attributes:
        epoch: Which one, counting from 1.
        value: The study's metric after it.
        loss: The task's own loss after it, which breaks ties; None where it is unknown.
    """

    epoch: int
    value: float
    loss: float | None = None


@dataclass(frozen=True, slots=True)
class EpochReport:
    """The report of one finished epoch of one trial.

    Attributes:
        epoch: Which one, counting from 1.
        metrics: `train_loss`, and what the task's `evaluate` gave, under full names.
        training_steps: How many training steps the epoch had.
        seconds: The trial's share of the pack's time in this epoch.
        best: The trial's best epoch so far, this one included.
        answer: What the network answers after the epoch, where the task puts that into words.
        gradient_norm: The norm of the gradient in the epoch's last training step, before clipping;
            NaN where it is not known.
    """

    trial_id: str
    epoch: int
    metrics: Mapping[str, float]
    training_steps: int
    seconds: float
    best: BestEpoch
    answer: str = ""
    gradient_norm: float = math.nan


@dataclass(frozen=True, slots=True)
class Divergence:
    """A trial whose loss or gradient is no longer finite; it has left the pack.

    Attributes:
        epoch: The epoch in which that happened, counting from 1; it is not finished.
        step: All training steps that the trial took before the bad one.
        gradient_norm: The norm of the bad gradient; it may itself be infinite or NaN.
    """

    trial_id: str
    epoch: int
    step: int
    gradient_norm: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A trial that the pack cannot train, with the reason; it has left the pack."""

    trial_id: str
    reason: str


@dataclass(slots=True, kw_only=True)
class SliceResult:
    """All that happened in a pack during one slice, or one turn of it, in order of time.

    Attributes:
        roster: Finished epochs of every trial aboard at the end.
        notes: What a person should know of this slice, such as that not all trials fit into memory.
        seconds: How long it took.
    """

    reports: list[EpochReport] = field(default_factory=list)
    divergences: list[Divergence] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    roster: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def flush(self, roster: Mapping[str, int], seconds: float) -> SliceResult:
        """Hand over all that was collected; nothing is left afterwards.

        Args:
            roster: Of now.
            seconds: Since the last flush.
        """
        result = replace(joined([self], seconds), roster=roster)
        for collected in (self.reports, self.divergences, self.refusals, self.notes):
            collected.clear()
        return result


def joined(results: Sequence[SliceResult], seconds: float) -> SliceResult:
    """The results of turns that followed one another as that of one slice that took `seconds`."""
    whole = SliceResult(roster=results[-1].roster, seconds=seconds)
    for result in results:
        whole.reports += result.reports
        whole.divergences += result.divergences
        whole.refusals += result.refusals
        whole.notes += result.notes
    return whole
