"""What a replayed search did, trial by trial, and what it had at any time."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from table.reading import Table, Training


@dataclass(slots=True)
class Trained:
    """A trial of a replayed search.

    Attributes:
        row: Of the table.
        epochs: How many were trained.
        ends: When each of them ended, in virtual seconds.
        stopped: Whether somebody stopped it before its last epoch.
    """

    row: int
    epochs: int = 0
    ends: list[float] = field(default_factory=list)
    stopped: bool = False


@dataclass(slots=True)
class Course:
    """A replayed search.

    Attributes:
        workers: Who trained side by side, a trial each.
        trials: In the order in which they were drawn.
    """

    workers: int
    trials: list[Trained] = field(default_factory=list)

    def incumbents(self, table: Table) -> Iterator[tuple[float, Trained, float]]:
        """Device seconds at which a better value was known, whose it is, and the value."""
        events = (
            [(at, one.row, epoch, one) for epoch, at in enumerate(one.ends)] for one in self.trials
        )
        best = table.goal.worst
        for at, row, epoch, trial in heapq.merge(*events, key=lambda event: event[0]):
            value = table.first[row].objective[epoch]
            if table.goal.better(value, best):
                best = value
                yield at * self.workers, trial, value

    def seconds(self, table: Table) -> float:
        """Device seconds that were trained."""
        return sum(sum(table.first[one.row].seconds[: one.epochs]) for one in self.trials)

    def full_seconds(self, table: Table) -> float:
        """Device seconds of the same trials, all trained to their last epoch."""
        return sum(sum(table.first[one.row].seconds) for one in self.trials)


class Workers:
    """Virtual workers, each with a trial, in virtual time."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.now = 0.0
        self._heap: list[tuple[float, int, Any]] = []
        self._sent = 0

    @property
    def free(self) -> int:
        return self.count - len(self._heap)

    def train(self, trial: Trained, training: Training, until: int, token: Any) -> None:
        """Have a worker train a trial up to an epoch, or to where it diverges."""
        some = training.seconds[trial.epochs : until]
        trial.ends.extend(list(accumulate(some, initial=self.now))[1:])
        trial.epochs += len(some)
        end = trial.ends[-1] if some else self.now
        heapq.heappush(self._heap, (end, self._sent, token))
        self._sent += 1

    def next(self) -> Any:
        """Wait for the next worker; its token. None where nobody is at work."""
        if not self._heap:
            return None
        self.now, _, token = heapq.heappop(self._heap)
        return token


@dataclass(frozen=True, slots=True)
class Size:
    """How much a replayed search is given.

    Attributes:
        trials: At most.
        workers: Who train side by side, a trial each.
        seconds: Device seconds, of all workers together, after which the replay ends.
    """

    trials: int
    workers: int = 16
    seconds: float = math.inf

    def over(self, crew: Workers) -> bool:
        return crew.now * self.workers >= self.seconds
