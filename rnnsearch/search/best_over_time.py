"""The best value over time: what a study would have given, had it ended earlier."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rnnsearch.events import RANKED
from rnnsearch.goal import Goal, improved
from rnnsearch.search.ledger.trial_record import TrialRecord

SHARES = (0.1, 0.25, 0.5, 0.75, 1.0)
"""The shares of a study after which it is told what it would have given."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The end of a trial, and how the study stood then.

    Attributes:
        ended: How many trials had ended, this one among them.
        number: The trial's number.
        time: Unix time of its end.
        best: The best value of all that had ended complete or stopped; None before the first.
        best_number: The trial that has it.
        wall_seconds: Since the first trial's start, pauses between runs included.
        training_seconds: Training of all that had ended, summed over packs: device time. A trial
            whose time is not known counts as none.
    """

    ended: int
    number: int
    time: float
    best: float | None
    best_number: int | None
    wall_seconds: float
    training_seconds: float


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a study would have given, had it ended after a share of what it took.

    Attributes:
        share: From 0 to 1.
        spent: That share, in the unit of what it took.
        moment: The last trial that had ended by then; None where none had.
    """

    share: float
    spent: float
    moment: Moment | None


def best_over_time(trials: Sequence[TrialRecord], goal: Goal) -> list[Moment]:
    """The ends of a study's trials in their order."""
    ended = sorted(
        (one for one in trials if one.ended is not None), key=lambda one: one.ended or 0.0
    )
    starts = [one.started for one in trials if one.started is not None]
    began = min(starts, default=ended[0].ended if ended else None) or 0.0
    moments: list[Moment] = []
    best, holder, training = None, None, 0.0
    for count, trial in enumerate(ended, start=1):
        training += trial.seconds or 0.0
        counts = trial.state in RANKED and not trial.violations
        now = improved(goal, best, trial.best_value) if counts else best
        if now != best:
            best, holder = now, trial.number
        time = trial.ended or 0.0
        moments.append(Moment(count, trial.number, time, best, holder, time - began, training))
    return moments


def improvements(moments: Sequence[Moment]) -> list[Moment]:
    """The moments at which the best value became another one."""
    firsts = (next(alike) for _, alike in groupby(moments, key=lambda one: one.best))
    return [one for one in firsts if one.best is not None]


def had_it_ended(
    moments: Sequence[Moment], spent: Callable[[Moment], float], shares: Sequence[float] = SHARES
) -> Iterator[Earlier]:
    """What the study would have given after shares of what it took.

    Args:
        spent: What it had taken by a moment, such as its wall time; rising.
    """
    for share in shares if moments else ():
        limit = share * spent(moments[-1])
        before = [one for one in moments if spent(one) <= limit]
        yield Earlier(share, limit, before[-1] if before else None)
