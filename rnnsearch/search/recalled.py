"""What a ledger knows of a trial's epochs, as it came in an earlier run or attempt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rnnsearch.search.ledger.trial_record import TrialRecord

ENDED = ("complete", "pruned", "diverged", "failed")


@dataclass(frozen=True, slots=True)
class Recalled:
    """An epoch that the ledger has.

    Attributes:
        value: The study's metric; None where it was not finite, or the epoch was not finished.
        last: Whether the trial ended there.
    """

    value: float | None
    last: bool = False


def recalled(record: TrialRecord) -> Iterator[Recalled]:
    """The epochs of a trial, and behind them the one in which it failed or diverged, if it did."""
    epochs, values = record.epoch, record.values_by_epoch
    ended = record.state in ENDED
    # What ended at the end of an epoch was judged there; all else ended in the epoch behind it.
    judged = record.state in ("complete", "pruned") or (
        record.attributes.get("diverged_epoch") == epochs
    )
    whole = ended and judged and epochs > 0
    for epoch in range(1, epochs + 1):
        yield Recalled(values.get(epoch), last=whole and epoch == epochs)
    if ended and not whole:
        yield Recalled(None, last=True)
