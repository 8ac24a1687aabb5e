"""What a pack says after it trained for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class BestEpoch:
    """The epoch whose weights are kept of a trial.

    Attributes:
        epoch: Counts from 1.
        value: The study's metric there.
        loss: The task's own loss there, which breaks ties; None where nobody knows it.
    """

    epoch: int
    value: float
    loss: float | None = None


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One finished epoch of one trial.

    Attributes:
        epoch: Counts from 1.
        metrics: `train_loss` and whatever the task's `evaluate` gave, full names.
        training_steps: Optimizer steps of this epoch.
        seconds: The trial's share of the pack's time in this epoch.
        best: The trial's best epoch so far, this one included.
        said: What the network answers after it, where the task is so small that it is told.
    """

    trial_id: str
    epoch: int
    metrics: Mapping[str, float]
    training_steps: int
    seconds: float
    best: BestEpoch
    said: str = ""


@dataclass(frozen=True, slots=True)
class Divergence:
    """A trial whose loss or gradient stopped being finite; it has left its slot.

    Attributes:
        epoch: The epoch that it was in, counting from 1; it is not finished.
        step: Optimizer steps taken before the bad one, in all.
        gradient_norm: Norm of the bad gradient; may itself be infinite or NaN.
    """

    trial_id: str
    epoch: int
    step: int
    gradient_norm: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """A trial that the pack could not take or train, with the reason."""

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
        told = replace(joined([self], seconds), roster=roster)
        for collected in (self.reports, self.divergences, self.refusals, self.notes):
            collected.clear()
        return told


def joined(results: Sequence[SliceResult], seconds: float) -> SliceResult:
    """The results of turns that followed one another as that of one slice that took `seconds`."""
    whole = SliceResult(roster=results[-1].roster, seconds=seconds)
    for result in results:
        whole.reports += result.reports
        whole.divergences += result.divergences
        whole.refusals += result.refusals
        whole.notes += result.notes
    return whole
