"""Trials that were still getting better as they came to the last epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnsearch.search.ledger.trial_record import TrialRecord

LAST = 0.1
"""A trial whose best epoch lies in this last part of its epochs was still getting better."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """How many complete trials were still getting better at the end.

    Attributes:
        trials: So many were.
        complete: Of so many.
    """

    trials: int
    complete: int

    @property
    def most(self) -> bool:
        """Whether more than half were, so that more epochs are worth a try."""
        return self.complete >= 3 and 2 * self.trials > self.complete


def unfinished(trials: Sequence[TrialRecord], last: int) -> Unfinished:
    """Count the trials whose best epoch lies near the last one.

    Args:
        last: The last epoch of a complete trial.
    """
    best = [one.best_epoch for one in trials if one.state == "complete" and one.best_epoch]
    return Unfinished(sum(epoch > last * (1 - LAST) for epoch in best), len(best))
