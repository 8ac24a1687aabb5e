"""Asynchronous successive halving: at each rung the best few of those that came so far go on.

Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), in the form that stops
a trial instead of pausing it. It decides as `ray.tune.schedulers.AsyncHyperBandScheduler` with
one bracket does (a test replays both), and adds what packs need: several trials that arrive at a
rung together are all recorded before any is judged, and the rungs are rebuilt from a ledger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.rule import Stop
from rnnsearch.stopping.rungs import RungRule
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class AshaConfig:
    """Stops trials that are not among the best of those that came as far, at a few epochs."""

    type: Literal["asha"] = "asha"
    grace_period: Annotated[
        int,
        "Epochs that every trial trains before it can be stopped; more of them are fairer to slow "
        "starters, and cost more.",
        Range(1, 1_000_000, unit="epochs"),
    ] = 5
    reduction_factor: Annotated[
        float,
        "About one trial in so many goes on at each decision; the next one is after so many times "
        "the epochs.",
        Range(above=1, most=1_000_000),
    ] = 3.0

    def rule(self, max_epochs: int, goal: Goal) -> Asha:
        """A new rule, which knows of no trial."""
        return Asha(self.grace_period, self.reduction_factor, max_epochs, goal)


class Asha(RungRule):
    """Notes how good each trial was at each rung, and says who goes on.

    Rungs are at `grace_period * reduction_factor ** k` epochs, rounded up, below `max_epochs`;
    `max_epochs` itself is the last, where a trial is complete and nothing is decided. At every
    other rung a trial stops if its value is worse than the `1 - 1 / reduction_factor` quantile
    (linear between neighbours) of the others that are recorded there; the first goes on.

    Args:
        grace_period: Epochs before the first decision; at `max_epochs` or above nothing is ever
            decided.
        reduction_factor: Above 1; about one in so many goes on.
        max_epochs: Epochs of a complete trial.
        goal: Which way the study's metric is better.

    Raises:
        ValueError: A number is outside of its range.
    """

    def __init__(
        self, grace_period: int, reduction_factor: float, max_epochs: int, goal: Goal
    ) -> None:
        if grace_period < 1 or max_epochs < 1 or reduction_factor <= 1:
            raise ValueError(
                f"grace_period {grace_period} and max_epochs {max_epochs} must be at least 1, "
                f"reduction_factor {reduction_factor} above 1."
            )
        rungs = _rung_epochs(grace_period, reduction_factor, max_epochs)
        super().__init__(rungs, goal, min(grace_period, max_epochs))
        # Ray computes the quantile's percentage so, and a test compares to the last bit.
        self._share = (1 - 1 / reduction_factor) * 100 / 100

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter a value at the highest rung that the trial has reached and is not in yet."""
        reached = self.epochs[-1:] if epoch >= self.epochs[-1] else self.reached(epoch)[::-1]
        return self.enter(number, reached, self.reward(number, epoch, value))

    def decide(self, number: int) -> str | None:
        """Judge a trial at every rung that it entered since it was last judged."""
        for rung in self.undecided.pop(number, []):
            needed = self.quantile_of_others(rung, number, self._share)
            reward = self.rewards[rung][number]
            if needed is not None and reward < needed:
                value, bound = self.distinct_texts(reward, needed)
                return Stop(
                    f"stopped by ASHA at epoch {rung}: {value}, needed {bound} or better "
                    f"among {self.count(rung)}",
                    rung=rung,
                    value=self.goal.cost(-reward),
                    threshold=self.goal.cost(-needed),
                    rank=self.rank(rung, number),
                    trials=self.count(rung),
                )
        return None


def _rung_epochs(grace_period: int, reduction_factor: float, max_epochs: int) -> tuple[int, ...]:
    """The epochs of the rungs, rising, the last epoch among them."""
    epochs: list[int] = []
    power = 0
    while (rung := math.ceil(grace_period * reduction_factor**power)) < max_epochs:
        # A factor near 1 rounds neighbouring rungs up to one and the same epoch.
        if rung not in epochs:
            epochs.append(rung)
        power += 1
    return (*epochs, max_epochs)
