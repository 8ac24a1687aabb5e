"""Asynchronous successive halving: at each rung the best few of those that came so far go on.

Li et al., "A System for Massively Parallel Hyperparameter Tuning" (2020), in the form that stops
a trial instead of pausing it. With `of: last` it decides as
`ray.tune.schedulers.AsyncHyperBandScheduler` does, with one bracket and with several (a test
replays both), and adds what packs need: several trials that arrive at a rung together are all
recorded before any is judged, and the rungs are rebuilt from a ledger.

By default it compares the best values so far, since trials count by their best in the end. Where
curves oscillate, as those of metrics in closed loop do, that loses the best trial in fewer studies
(guide, table.md), and where they are calm it is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.brackets import Brackets
from rnnsearch.stopping.fields import Compared, GracePeriod, LeastOthers, ReductionFactor
from rnnsearch.stopping.mo_asha import MoAsha, Others
from rnnsearch.stopping.rule import StoppingRule
from rnnsearch.stopping.rungs import RungRule
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class AshaConfig:
    """Stops trials that are not among the best of those that came as far, at a few epochs."""

    type: Literal["asha"] = "asha"
    grace_period: GracePeriod = 5
    reduction_factor: ReductionFactor = 2.0
    brackets: Annotated[
        int,
        "Groups into which the trials are drawn, each of which compares its own alone. The first "
        "decides from `grace_period` on, the next one from its second decision on, and so forth, "
        "for trials that are slow to start. Later groups get fewer trials, and there are no more "
        "groups than decisions.",
        Range(1, 100),
    ] = 1
    min_trials: LeastOthers = 1
    of: Compared = "best"

    def rule(self, max_epochs: int, goal: Goal) -> StoppingRule:
        """A new rule, which knows of no trial; of several brackets those that decide at all."""
        return self._in_brackets(
            max_epochs,
            lambda ladder: Asha(
                ladder, self.reduction_factor, goal, min_trials=self.min_trials, of=self.of
            ),
        )

    def rule_by_goals(self, max_epochs: int, goal: Goal, others: Others) -> StoppingRule:
        """The same for a study of several goals; see `StoppingConfig`."""
        factor, least, of = self.reduction_factor, self.min_trials, self.of
        return self._in_brackets(
            max_epochs,
            lambda ladder: MoAsha(ladder, factor, goal, others, min_trials=least, of=of),
        )

    def _in_brackets(
        self, max_epochs: int, rule: Callable[[Sequence[int]], StoppingRule]
    ) -> StoppingRule:
        ladder = rung_epochs(self.grace_period, self.reduction_factor, max_epochs)
        count = min(self.brackets, max(1, len(ladder) - 1))
        rules = [rule(ladder[place:]) for place in range(count)]
        if len(rules) == 1:
            return rules[0]
        # The shares are Ray's: e to the power of how many decisions a bracket has.
        return Brackets(rules, [math.exp(-place) for place in range(len(rules))])


class Asha(RungRule):
    """Notes how good each trial was at each rung, and says who goes on.

    At every rung but the last, a trial stops if its value is worse than the
    `1 - 1 / reduction_factor` quantile (linear between neighbours) of the others that are recorded
    there; the first goes on.

    Args:
        epochs: The rungs, rising; the last one is the epoch of a complete trial, where nothing is
            decided.
        reduction_factor: Above 1; about one in so many goes on.
        goal: Which way the study's metric is better.
        min_trials: Others that must be on a rung before one is stopped there.
        of: Whether a trial's best value so far counts, or its last one.
        called: The name of the rule in its reasons.
    """

    def __init__(
        self,
        epochs: Sequence[int],
        reduction_factor: float,
        goal: Goal,
        *,
        min_trials: int = 1,
        of: Literal["best", "last"] = "best",
        called: str = "ASHA",
    ) -> None:
        super().__init__(epochs, goal, epochs[0])
        self._min_trials = min_trials
        self._rewarded = self.best_reward if of == "best" else self.reward
        self._called = called
        # Ray computes the quantile's percentage so, and a test compares to the last bit.
        self._share = (1 - 1 / reduction_factor) * 100 / 100

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter a value at the highest rung that the trial has reached and is not in yet."""
        reached = self.epochs[-1:] if epoch >= self.epochs[-1] else self.reached(epoch)[::-1]
        return self.enter(number, reached, self._rewarded(number, epoch, value))

    def decide(self, number: int) -> str | None:
        """Judge a trial at every rung that it entered since it was last judged."""
        for rung in self.undecided.pop(number, []):
            needed = self.quantile_of_others(rung, number, self._share)
            reward = self.rewards[rung][number]
            enough = self.count(rung) > self._min_trials
            if needed is not None and enough and reward < needed:
                value, bound = self.distinct_texts(reward, needed)
                return self.stop(
                    f"stopped by {self._called} at epoch {rung}: {value}, needed {bound} or better "
                    f"among {self.count(rung)}",
                    rung,
                    number,
                    needed,
                )
        return None


def rung_epochs(grace_period: int, reduction_factor: float, max_epochs: int) -> tuple[int, ...]:
    """The epochs of the rungs, rising: `grace_period * reduction_factor ** k`, and the last epoch.

    They are rounded up. With a grace period of `max_epochs` or more nothing is ever decided.

    Raises:
        ValueError: A number is outside of its range.
    """
    if grace_period < 1 or max_epochs < 1 or reduction_factor <= 1:
        raise ValueError(
            f"grace_period {grace_period} and max_epochs {max_epochs} must be at least 1, "
            f"reduction_factor {reduction_factor} above 1."
        )
    epochs: list[int] = []
    power = 0
    while (rung := math.ceil(grace_period * reduction_factor**power)) < max_epochs:
        # A factor near 1 rounds neighbouring rungs up to one and the same epoch.
        if rung not in epochs:
            epochs.append(rung)
        power += 1
    return (*epochs, max_epochs)
