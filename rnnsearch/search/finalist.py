"""One of the best trials, what its seeds gave, and which of several wins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rnnsearch.goal import Goal, Standing, standing
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.streams import derive

if TYPE_CHECKING:
    from rnnsearch.search.ledger.trial_record import TrialRecord


@dataclass(slots=True)
class Finalist:
    """One of the best trials and what its seeds gave.

    Attributes:
        seeds: Its own seed first.
        values: The study's metric at the best epoch, by seed; infinite for one that diverged.
        losses: The task's own loss there, by seed, as far as it is known.
    """

    number: int
    seeds: tuple[int, ...]
    values: dict[int, float] = field(default_factory=dict)
    losses: dict[int, float | None] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether all its seeds are done."""
        return len(self.values) == len(self.seeds)

    def scored(self) -> list[float]:
        """Values of the seeds that are done, in the order of `seeds`."""
        return [self.values[seed] for seed in self.done()]

    def done(self) -> list[int]:
        """The seeds that are done, in the order of `seeds`."""
        return [seed for seed in self.seeds if seed in self.values]

    def mean(self, goal: Goal) -> Standing:
        """Where the means over its seeds stand."""
        losses = [self.losses.get(seed) for seed in self.done()]
        known = [loss for loss in losses if loss is not None]
        loss = mean_of(known) if len(known) == len(losses) else None
        return standing(goal, mean_of(self.scored()), loss)

    def best_seed(self, goal: Goal) -> int:
        """The seed whose weights are taken; its own first among equals."""
        return min(
            self.done(), key=lambda seed: standing(goal, self.values[seed], self.losses.get(seed))
        )


def mean_of(values: Sequence[float]) -> float:
    """To twelve digits: 0.9 and 1.0 have the mean of 0.95 and 0.95, however sums are rounded."""
    return float(f"{math.fsum(values) / len(values):.12g}")


def finalist_seeds(spec: StudySpec, record: TrialRecord) -> tuple[int, ...]:
    """The trial's own seed, and `finalists.seeds - 1` more that follow from the study's."""
    more = range(1, spec.search.finalists.seeds)
    derived = (derive(spec.search.seed, "finalist", record.number, index) for index in more)
    return (record.seed, *derived)


def choose(finalists: Sequence[Finalist], goal: Goal) -> tuple[int, int] | None:
    """The champion's trial and seed, or None if no finalist has a finite value.

    The champion has the best mean over its seeds; of its seeds, the best one's weights are
    taken. Finalists with more seeds done come first: the value of a lone search seed is the
    luckiest of many and would win against honest means. Equal means are parted by the mean of the
    task's own loss, then by the lower number.
    """

    def place(finalist: Finalist) -> tuple[bool, int, Standing, int]:
        mean = finalist.mean(goal)
        return (not math.isfinite(mean.cost), -len(finalist.done()), mean, finalist.number)

    able = [each for each in finalists if any(math.isfinite(value) for value in each.scored())]
    if not able:
        return None
    winner = min(able, key=place)
    return winner.number, winner.best_seed(goal)


def rerun_values(noted: Mapping[str, float]) -> dict[int, list[float]]:
    """What the notes say of the finalists' trainings with other seeds, by trial."""
    found: dict[int, list[float]] = {}
    for key, value in noted.items():
        found.setdefault(int(key.partition(":")[0]), []).append(value)
    return found


def rerun_key(number: int, seed: int) -> str:
    """Names a finalist's training among the notes, and in a pack."""
    return f"{number}:{seed}"
