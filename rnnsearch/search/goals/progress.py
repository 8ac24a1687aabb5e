"""The front over time: what a study of several goals would have given, had it ended earlier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rnnsearch.search.best_over_time import SHARES, best_over_time, had_it_ended
from rnnsearch.search.goals.front import comparable, costs_of
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.fronts import fronts, scaled
from rnnsearch.stopping.hypervolume import BEYOND, hypervolume


@dataclass(frozen=True, slots=True)
class FrontThen:
    """The front of the trials that had ended by some time.

    Attributes:
        share: That time as a part of the study's, from 0 to 1, pauses included.
        seconds: Since the first trial's start.
        ended: How many trials had ended.
        front: How many of them no other one of them beat in every goal.
        volume: The part that they dominate of what the front at the end dominates (hypervolume, of
            goals scaled to their ranges at the end, up to a tenth of a range beyond the worst).
    """

    share: float
    seconds: float
    ended: int
    front: int
    volume: float


def front_over_time(
    trials: Sequence[TrialRecord], spec: StudySpec, shares: Sequence[float] = SHARES
) -> list[FrontThen]:
    """The fronts after shares of a study's time; none with one goal, or before a trial counts."""
    counting = {one.number: costs_of(spec, one) for one in comparable(trials)}
    if not spec.search.goals or not counting:
        return []
    parts = dict(zip(counting, map(tuple, scaled([*counting.values()]).tolist()), strict=True))
    reference = (BEYOND,) * (1 + len(spec.search.goals))
    moments = best_over_time(trials, spec.search.goal)
    order = [one.number for one in moments]

    def of_first(count: int) -> tuple[int, float]:
        points = {one: parts[one] for one in order[:count] if one in parts}
        front = next(fronts(points), []) if points else []
        return len(front), hypervolume([points[one] for one in front], reference)

    _, whole = of_first(len(order))
    rows = []
    for then in had_it_ended(moments, lambda one: one.wall_seconds, shares):
        ended = then.moment.ended if then.moment else 0
        size, volume = of_first(ended)
        rows.append(FrontThen(then.share, then.spent, ended, size, volume / whole))
    return rows
