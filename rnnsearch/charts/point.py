"""A trial as the charts need it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

UNRANKED = ("diverged", "failed")
"""States whose values are compared with nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialPoint:
    """One trial.

    Attributes:
        state: One of the states in `charts.style.STATES`.
        value: The best value of the study's metric that it reached; None without any.
        curve: The metric by epoch, rising; empty where it has none.
        params: What was sampled, by dotted key.
        epoch: How many epochs it finished.
        seconds: Of training; None before its end.
        ended: Unix time of its end; None before.
    """

    number: int
    state: str
    value: float | None
    curve: Mapping[int, float] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    epoch: int = 0
    seconds: float | None = None
    ended: float | None = None

    @property
    def finite(self) -> float | None:
        """The value where it can be drawn."""
        known = self.value is not None and math.isfinite(self.value)
        return self.value if known else None


def ranked(trials: Iterable[TrialPoint]) -> list[TrialPoint]:
    """The trials whose values count."""
    return [one for one in trials if one.finite is not None and one.state not in UNRANKED]


def spread_out(count: int, most: int) -> list[int]:
    """At most `most` of the numbers from 0 to `count` - 1, evenly spread, first and last too."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})


def thinned(trials: Sequence[TrialPoint], most: int, best_first: Sequence[int]) -> list[TrialPoint]:
    """At most `most` trials by number: half of them the best ones, the rest evenly spread.

    Args:
        best_first: Numbers of trials, the best ones first; the others stand worst.
    """
    if len(trials) <= most:
        return list(trials)
    place = {number: rank for rank, number in enumerate(best_first)}
    order = sorted(trials, key=lambda one: (place.get(one.number, len(place)), one.number))
    best, rest = order[: most // 2], order[most // 2 :]
    kept = best + [rest[at] for at in spread_out(len(rest), most - len(best))]
    return sorted(kept, key=lambda one: one.number)
