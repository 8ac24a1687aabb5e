"""Asynchronous successive halving: at each rung the best few of those that came so far go on.

Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), in the form that stops
a trial instead of pausing it. It decides as `ray.tune.schedulers.AsyncHyperBandScheduler` with
one bracket does (a test replays both), and adds what packs need: several trials that arrive at a
rung together are all recorded before any is judged, and the rungs are rebuilt from a ledger.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.rungs import Rungs, finite, in_order, told_apart
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class AshaConfig:
    """Stops a trial that is not among the best of those that came as far, at a few epochs."""

    type: Literal["asha"] = "asha"
    grace_period: Annotated[
        int, "Epochs before the first decision.", Range(1, 1_000_000, unit="epochs")
    ] = 5
    reduction_factor: Annotated[
        float, "One in so many goes on at each rung.", Range(above=1, most=1_000_000)
    ] = 3.0

    def rule(self, max_epochs: int, goal: Goal) -> Asha:
        return Asha(self.grace_period, self.reduction_factor, max_epochs, goal)


class Asha:
    """Who stood where at each rung, and who goes on.

    Rungs are at `grace_period * reduction_factor ** k` epochs, rounded up, below `max_epochs`;
    `max_epochs` itself is the last, where a trial is complete and nothing is decided. At every
    other rung a trial stops if its value is worse than the `1 - 1 / reduction_factor` quantile
    (linear between neighbours) of the others that are recorded there; the first goes on.

    Args:
        grace_period: Epochs before the first decision; at `max_epochs` or above nothing is ever
            decided.
        reduction_factor: Above 1; about one in so many goes on.
        max_epochs: Epochs of a complete trial.
        goal: Which way is better.

    Raises:
        ValueError: A number is out of range.
    """

    def __init__(
        self, grace_period: int, reduction_factor: float, max_epochs: int, goal: Goal
    ) -> None:
        if grace_period < 1 or max_epochs < 1 or reduction_factor <= 1:
            raise ValueError(
                f"grace_period {grace_period} and max_epochs {max_epochs} must be at least 1, "
                f"reduction_factor {reduction_factor} above 1."
            )
        self._last = max_epochs
        self._grace = min(grace_period, max_epochs)
        self._keep = 1 / reduction_factor
        self._goal = goal
        self._rungs = Rungs(_rung_epochs(grace_period, reduction_factor, max_epochs))
        self._undecided: dict[int, list[int]] = {}

    @property
    def grace(self) -> int:
        return self._grace

    @property
    def rungs(self) -> tuple[int, ...]:
        return self._rungs.epochs[:-1]

    def next_limit(self, epoch: int) -> int:
        return self._rungs.next(epoch)

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter a value at the highest rung that the trial has reached and is not in yet."""
        reward = -self._goal.cost(finite(number, epoch, value))
        reached = (self._last,) if epoch >= self._last else self._rungs.reached(epoch)
        free = (rung for rung in reversed(reached) if not self._rungs.holds(rung, number))
        rung = next(free, None)
        if rung is None:
            return False
        self._rungs.enter(rung, number, reward)
        if rung < self._last:
            self._undecided.setdefault(number, []).append(rung)
        return True

    def decide(self, number: int) -> str | None:
        """Judge a trial at every rung that it entered since it was last judged."""
        for rung in self._undecided.pop(number, []):
            needed = self._rungs.quantile_of_others(rung, number, (1 - self._keep) * 100 / 100)
            reward = self._rungs.reward(rung, number)
            if needed is not None and reward < needed:
                value, bound = told_apart(self._goal.cost(-reward), self._goal.cost(-needed))
                among = self._rungs.count(rung)
                return (
                    f"stopped by ASHA at epoch {rung}: {value}, needed {bound} or better "
                    f"among {among}"
                )
        return None

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        self._rungs = Rungs(self._rungs.epochs)
        for report in in_order(curves):
            self.record(*report)
        self._undecided.clear()

    def populations(self) -> dict[int, int]:
        return self._rungs.populations()


def _rung_epochs(grace_period: int, reduction_factor: float, max_epochs: int) -> tuple[int, ...]:
    epochs: list[int] = []
    power = 0
    while (rung := math.ceil(grace_period * reduction_factor**power)) < max_epochs:
        # A factor near 1 rounds neighbouring rungs up to one and the same epoch.
        if rung not in epochs:
            epochs.append(rung)
        power += 1
    return (*epochs, max_epochs)
