"""A finalist: one of the best trials, the results of its seeds, and which finalist wins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from rnnsearch.goal import Goal, Standing, standing
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.seed_noise import half_width, pooled_variance
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.streams import derive

Ahead = tuple[float, float]
"""What several goals say of a finalist: how far it is beyond the bounds of `search.choose`, and how
far from the knee where that is asked for; of each less is better."""

NO_OTHER_GOALS: Mapping[int, Ahead] = {}


@dataclass(slots=True)
class Finalist:
    """One of the best trials, and the results of its trainings with several seeds.

    Attributes:
        seeds: The trial's own seed first, then those of its reruns.
        values: The study's metric at the best epoch, by seed; infinite for a training that
            diverged. A seed that is not here is not done.
        losses: The task's own loss at the same epoch, by seed, where it is known.
        violations: How far a training is beyond the constraints that it breaks, by seed.
    """

    number: int
    seeds: tuple[int, ...]
    values: dict[int, float] = field(default_factory=dict)
    losses: dict[int, float | None] = field(default_factory=dict)
    violations: dict[int, float] = field(default_factory=dict)

    def rerun_seed(self, seed: int) -> int | None:
        """A rerun's seed as it is; None for the seed of the trial's own training."""
        return None if seed == self.seeds[0] else seed

    @property
    def complete(self) -> bool:
        """Whether all seeds are done."""
        return len(self.values) == len(self.seeds)

    def scored(self) -> list[float]:
        """Values of the seeds that are done, in the order of `seeds`."""
        return [self.values[seed] for seed in self.done()]

    def done(self) -> list[int]:
        """The seeds that are done, in the order of `seeds`."""
        return [seed for seed in self.seeds if seed in self.values]

    def mean(self, goal: Goal) -> Standing:
        """The standing of the mean over the seeds that are done."""
        losses = [self.losses.get(seed) for seed in self.done()]
        known = [loss for loss in losses if loss is not None]
        loss = mean_of(known) if len(known) == len(losses) else None
        return standing(goal, mean_of(self.scored()), loss)

    def bound(self, goal: Goal) -> Standing:
        """The standing of the mean's bound to the worse; the mean's own where one seed is done."""
        mean, values = self.mean(goal), self.scored()
        count = len(values)
        if count < 2 or not math.isfinite(mean.cost):
            return mean
        half = half_width(math.sqrt(pooled_variance([values])), count, count - 1)
        return replace(mean, cost=mean.cost + half)

    def best_seed(self, goal: Goal) -> int:
        """The seed whose weights are kept: the best one, the trial's own among equals.

        One that breaks a constraint comes behind all that keep them.
        """

        def place(seed: int) -> tuple[bool, float, Standing]:
            rank = standing(goal, self.values[seed], self.losses.get(seed))
            return not math.isfinite(rank.cost), self.violations.get(seed, 0.0), rank

        return min(self.done(), key=place)

    @property
    def violation(self) -> float:
        """The mean violation of constraints over the seeds that are done."""
        return mean_of([self.violations.get(seed, 0.0) for seed in self.done()])


def mean_of(values: Sequence[float]) -> float:
    """The mean to twelve digits, so that 0.9 and 1.0 tie with 0.95 and 0.95 despite rounding."""
    return float(f"{math.fsum(values) / len(values):.12g}")


def finalist_seeds(spec: StudySpec, record: TrialRecord) -> tuple[int, ...]:
    """The trial's own seed, then `finalists.seeds - 1` more, derived from the study's seed."""
    more = range(1, spec.search.finalists.seeds)
    derived = (derive(spec.search.seed, "finalist", record.number, index) for index in more)
    return (record.seed, *derived)


def choose(
    finalists: Sequence[Finalist],
    goal: Goal,
    rule: Literal["mean", "bound"] = "mean",
    ahead: Mapping[int, Ahead] = NO_OTHER_GOALS,
) -> tuple[int, int] | None:
    """The champion's trial number and seed; None where no finalist has a finite value.

    The champion has the best mean over its seeds, or the best bound of it, and the weights of its
    best seed are kept.
    Finalists with more seeds done come first: the value of a single seed of the search is the
    luckiest of many, and would win against means that are not selected in this way. Equal means
    are ordered by the mean of the task's own loss, then by the trial number. A finalist that keeps
    the study's constraints comes before all that do not, and of these the one that is the least
    beyond them.

    Args:
        ahead: What several goals say of finalists, by number: bounds count as constraints do, the
            knee before the means.
    """

    def place(finalist: Finalist) -> tuple[bool, float, int, float, Standing, int]:
        mean = finalist.mean(goal)
        judged = mean if rule == "mean" else finalist.bound(goal)
        beyond, bend = ahead.get(finalist.number, (0.0, 0.0))
        diverged, violation = not math.isfinite(mean.cost), finalist.violation + beyond
        return diverged, violation, -len(finalist.done()), bend, judged, finalist.number

    candidates = [
        each for each in finalists if any(math.isfinite(value) for value in each.scored())
    ]
    if not candidates:
        return None
    winner = min(candidates, key=place)
    return winner.number, winner.best_seed(goal)


def rerun_values(
    noted: Mapping[str, float], trials: Sequence[TrialRecord]
) -> dict[int, list[float]]:
    """The values of the finalists' reruns by trial; the arguments are those of `rerun_seeds`."""
    reruns = rerun_seeds(noted, trials)
    return {number: list(values.values()) for number, values in reruns.items()}


def rerun_seeds(
    noted: Mapping[str, float], trials: Sequence[TrialRecord]
) -> dict[int, dict[int, float]]:
    """The values of the finalists' reruns by trial and seed.

    A finalist that was trained once more with its own seed, for weights that were not kept, as one
    that a fork copied, has no rerun for that: it is the training whose value the trial has.

    Args:
        noted: The values by `rerun_key`, as they stand in the study's notes.
        trials: All trials of the study.
    """
    own = {rerun_key(trial.number, trial.seed) for trial in trials}
    values: dict[int, dict[int, float]] = {}
    for key, value in noted.items():
        if key not in own:
            number, _, seed = key.partition(":")
            values.setdefault(int(number), {})[int(seed)] = value
    return values


def rerun_key(number: int, seed: int) -> str:
    """The name of a finalist's training in the study's notes and in a pack: `7:123`."""
    return f"{number}:{seed}"
