"""The rule of asynchronous successive halving, without Ray.

Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), in the form that stops
a trial instead of pausing it. It decides as `ray.tune.schedulers.AsyncHyperBandScheduler` with
one bracket does (a test replays both), and adds what packs need: several trials that arrive at a
rung together are all recorded before any is judged, and the rungs are rebuilt from a ledger.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import Literal

from rnnsearch.goal import Goal
from rnnsearch.space.spec import StudySpec

Decision = Literal["continue", "stop"]


class Rungs:
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
        self.max_epochs = max_epochs
        self._keep = 1 / reduction_factor
        self._goal = goal
        self._epochs = _rung_epochs(grace_period, reduction_factor, max_epochs)
        self._rewards: dict[int, dict[int, float]] = {epoch: {} for epoch in self._epochs}
        self._sorted: dict[int, list[float]] = {epoch: [] for epoch in self._epochs}
        self._undecided: dict[int, list[int]] = {}

    @classmethod
    def of(cls, spec: StudySpec) -> Rungs:
        """The rungs that a study asks for; with scheduler `none` only the last epoch."""
        max_epochs = int(spec.values["training.max_epochs"])
        scheduler = spec.search.scheduler
        grace_period = scheduler.grace_period if scheduler.type == "asha" else max_epochs
        return cls(grace_period, scheduler.reduction_factor, max_epochs, spec.search.goal)

    def record(self, number: int, epoch: int, value: float) -> int | None:
        """Enters a trial's value at the highest rung that it has reached and is not in yet.

        Args:
            number: The trial.
            epoch: Finished epochs, at least 1. Reports of one trial come in rising order.
            value: The study's metric after that epoch.

        Returns:
            The epoch of the rung entered, or None if the report entered none.

        Raises:
            ValueError: `value` is not finite; such a trial has diverged, and the caller says so.
        """
        if not math.isfinite(value):
            raise ValueError(f"Trial {number}: value {value} at epoch {epoch} is not finite.")
        if epoch >= self.max_epochs:
            last = self._rewards[self.max_epochs]
            if number in last:
                return None
            self._enter(number, self.max_epochs, value)
            return self.max_epochs
        for rung in reversed(self._epochs):
            if epoch >= rung and number not in self._rewards[rung]:
                self._enter(number, rung, value)
                self._undecided.setdefault(number, []).append(rung)
                return rung
        return None

    def decide(self, number: int) -> Decision:
        """Judges a trial at every rung that it entered since it was last judged.

        Record all trials that arrived together first, then judge each.
        """
        rungs = self._undecided.pop(number, [])
        return "stop" if any(self._falls_behind(number, rung) for rung in rungs) else "continue"

    def next_rung(self, epoch: int) -> int:
        """The epoch of the next decision after `epoch` finished ones, at most `max_epochs`."""
        return next((rung for rung in self._epochs if rung > epoch), self.max_epochs)

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        """Forgets all and replays a ledger: trial number to {epoch: value}; decides nothing."""
        self._rewards = {epoch: {} for epoch in self._epochs}
        self._sorted = {epoch: [] for epoch in self._epochs}
        for number, curve in curves.items():
            for epoch in sorted(curve):
                self.record(number, epoch, curve[epoch])
        self._undecided.clear()

    def populations(self) -> dict[int, int]:
        """How many trials stand recorded at each rung: {epoch: count}, the last epoch included."""
        return {epoch: len(rewards) for epoch, rewards in self._rewards.items()}

    def _enter(self, number: int, rung: int, value: float) -> None:
        reward = -self._goal.cost(value)
        self._rewards[rung][number] = reward
        insort(self._sorted[rung], reward)

    def _falls_behind(self, number: int, rung: int) -> bool:
        rewards = self._sorted[rung]
        if len(rewards) == 1:
            return False
        reward = self._rewards[rung][number]
        return reward < quantile_without(rewards, reward, (1 - self._keep) * 100 / 100)


def quantile_without(rising: Sequence[float], one: float, share: float) -> float:
    """`numpy.percentile` of all but one member of a sorted sequence, to the bit, unsorted anew.

    Args:
        one: A member.
        share: Of the others, from 0 to 1; linear between neighbours.
    """
    left_out = bisect_left(rising, one)
    place = (len(rising) - 2) * share
    before = math.floor(place)
    low, high = (
        rising[index + (index >= left_out)] for index in (before, min(before + 1, len(rising) - 2))
    )
    part, apart = place - before, high - low
    return high - apart * (1 - part) if part >= 0.5 else low + apart * part


def _rung_epochs(grace_period: int, reduction_factor: float, max_epochs: int) -> tuple[int, ...]:
    epochs: list[int] = []
    power = 0
    while (rung := math.ceil(grace_period * reduction_factor**power)) < max_epochs:
        # A factor near 1 rounds neighbouring rungs up to one and the same epoch.
        if rung not in epochs:
            epochs.append(rung)
        power += 1
    return (*epochs, max_epochs)
