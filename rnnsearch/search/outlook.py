"""Whether a search is done: no trial was better than the best for so long that a gain is unlikely.

Among trials that are drawn alike, the best one is each of them with the same chance. Where the
best of a search is followed by `quiet` trials, none of which is better, it is the best of
`quiet + 1`, so that the best of these and of `m` more is one of the `m` with the chance
`m / (quiet + 1 + m)`, whatever the values are. A sampler that learns draws better ones later, and
one that has settled draws the same again; the guide's page on budgets says how the rule did on the
table of recurrent trainings, against fits of the values' tail, which end too early there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rnnsearch.events import RANKED
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.spec import StudySpec

FEWEST = 100
"""So many trials without a better one end a search, at least."""
SHARE = 1 / 3
"""And this part of all that have ended, so that a long search is given longer."""
AHEAD = 20
"""The chance of a gain is told of so many more trials."""
EVERY = 5
"""Trials that end between two looks, or a hundredth of all where that is more: a look goes through
all of them."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What more trials are expected to gain.

    Attributes:
        ended: How many trials have ended with a value.
        quiet: How many of them ended after the best one, or after the study was extended.
        last_gain: By how much the best one was better than the best before it; None where it was
            the first.
    """

    ended: int
    quiet: int
    last_gain: float | None

    @property
    def chance(self) -> float:
        """Of a better one among `AHEAD` more trials."""
        return AHEAD / (self.quiet + 1 + AHEAD)

    @property
    def done(self) -> bool:
        """Whether a further gain is not expected."""
        return self.quiet >= max(FEWEST, math.ceil(SHARE * self.ended))

    def __str__(self) -> str:
        gain = "" if self.last_gain is None else f"; the last gain was {self.last_gain:.2g}"
        return (
            f"none of the last {self.quiet:,} trials was better, so {AHEAD} more hold a better one "
            f"with a chance of {self.chance:.0%}{gain}"
        )


def outlook(trials: Sequence[TrialRecord], goal: Goal, extended_at: int = 0) -> Outlook:
    """What more trials are expected to gain, by those that have ended.

    Args:
        trials: Those of a study; one that breaks a constraint of it is no gain.
        extended_at: The number of the first trial of the study's last extension, before which
            nothing counts as quiet.
    """
    ended = sorted(
        (one for one in trials if one.state in RANKED),
        key=lambda one: (one.ended or 0.0, one.number),
    )
    best, quiet, gain = goal.worst, 0, None
    for one in ended:
        value = one.best_value
        if value is not None and not one.violations and goal.better(value, best):
            gain = abs(best - value) if math.isfinite(best) else None
            best, quiet = value, 0
        elif one.number >= extended_at:
            quiet += 1
    return Outlook(len(ended), quiet, gain)


@dataclass(eq=False)
class Enough:
    """Says, again and again in a run, whether a further gain is no longer expected.

    Args:
        ended: Gives how many trials have ended in this run; the ledger is looked at again after
            each `EVERY` of them.
    """

    spec: StudySpec
    ledger: Ledger
    ended: Callable[[], int]

    def __post_init__(self) -> None:
        self._next = 0
        self._words: str | None = None

    def __call__(self) -> str | None:
        """Why the search ends; None where it goes on, or where the study does not want this."""
        if not self.spec.search.stop_when_done or self._words is not None:
            return self._words
        if self.ended() >= self._next:
            self._next = self.ended() + max(EVERY, self.ended() // 100)
            trials, extended_at = self.ledger.trials(), self.ledger.notes.extended_at
            expected = outlook(trials, self.spec.search.goal, extended_at)
            self._words = str(expected) if expected.done else None
        return self._words
