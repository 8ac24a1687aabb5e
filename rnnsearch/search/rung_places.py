"""Where a trial stood among the others at the epochs at which the stopping rule compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnsearch.goal import Goal
from rnnsearch.search.ledger.trial_record import TrialRecord


@dataclass(frozen=True, slots=True)
class RungPlace:
    """A trial at one rung.

    Attributes:
        epoch: The rung.
        value: The study's metric of the trial after that epoch.
        rank: Its place among the trials that have a value there by now, 1 for the best; equal
            values have one rank.
        trials: How many these are.
    """

    epoch: int
    value: float
    rank: int
    trials: int


def rung_places(
    record: TrialRecord, trials: Sequence[TrialRecord], rungs: Sequence[int], goal: Goal
) -> list[RungPlace]:
    """The places of a trial at the rungs that it came to.

    The ledger keeps all values, and not in which order they came: a rule compared with those that
    were there when it decided, and here are all that are there now.

    Args:
        trials: All trials of the study.
        rungs: Epochs, rising.
    """
    places = []
    for epoch in rungs:
        if (value := record.values_by_epoch.get(epoch)) is None:
            continue
        others = [each.values_by_epoch[epoch] for each in trials if epoch in each.values_by_epoch]
        better = sum(goal.cost(other) < goal.cost(value) for other in others)
        places.append(RungPlace(epoch, value, 1 + better, len(others)))
    return places
