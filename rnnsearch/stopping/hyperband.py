"""Hyperband, asynchronously: brackets that begin to stop at different epochs, by their budgets.

Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization" (2018). With
`R` epochs of a complete trial, `r` of the shortest and a factor `f`, there are brackets `s` from
`floor(log(R / r) / log(f))` down to 0. Bracket `s` first stops at `R / f ** s` epochs and keeps the
best one of `f` at each rung; bracket 0 stops nobody. Their budgets are equal in the paper, so that
they get trials in the ratio of `f ** s / (s + 1)`. Here nobody waits for a bracket to be full: each
of them stops as ASHA does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.asha import Asha
from rnnsearch.stopping.brackets import Brackets
from rnnsearch.stopping.fields import GracePeriod, LeastOthers, ReductionFactor


@dataclass(frozen=True, slots=True, kw_only=True)
class HyperbandConfig:
    """Stops as asha does, some trials early, others late and a few never, at equal cost each."""

    type: Literal["hyperband"] = "hyperband"
    grace_period: GracePeriod = 5
    reduction_factor: ReductionFactor = 3.0
    min_trials: LeastOthers = 1

    def rule(self, max_epochs: int, goal: Goal) -> Brackets:
        """A new rule, which knows of no trial."""
        factor = self.reduction_factor
        highest = 0
        while max_epochs / factor ** (highest + 1) >= self.grace_period:
            highest += 1
        ladder = sorted({math.ceil(max_epochs / factor**power) for power in range(1, highest + 1)})
        starts = [*ladder, max_epochs]
        rules = [
            Asha(
                (*(rung for rung in ladder if rung >= start), max_epochs),
                factor,
                goal,
                min_trials=self.min_trials,
                called="Hyperband",
            )
            for start in starts
        ]
        stages = [len(rule.epochs) for rule in rules]
        return Brackets(rules, [factor ** (count - 1) / count for count in stages])
