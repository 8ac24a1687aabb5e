"""Asynchronous successive halving of trials that are judged by several goals.

As `asha.py`, with the order of `fronts.py` at each rung in the place of one value.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.fronts import Costs, place_of
from rnnsearch.stopping.rule import Stop
from rnnsearch.stopping.rungs import RungRule

Others = Callable[[int, int], Costs]
"""The costs of a trial, by its number, at an epoch in the goals beside the study's metric."""


class MoAsha(RungRule):
    """Notes what each trial cost at each rung, and says who goes on.

    A trial stops at a rung if its place in the order of all that came to it is behind one in
    `reduction_factor`; the first goes on.

    Args:
        epochs: The rungs, rising; the last one is the epoch of a complete trial.
        reduction_factor: Above 1; about one in so many goes on.
        goal: Which way the study's metric is better.
        others: Gives the costs beside the metric.
        min_trials: Others that must be on a rung before one is stopped there.
        of: Whether a trial's best value of the metric so far counts, or its last one.
    """

    def __init__(
        self,
        epochs: Sequence[int],
        reduction_factor: float,
        goal: Goal,
        others: Others,
        *,
        min_trials: int = 1,
        of: Literal["best", "last"] = "best",
    ) -> None:
        super().__init__(epochs, goal, epochs[0])
        self._factor, self._min_trials = reduction_factor, min_trials
        self._others = others
        self._rewarded = self.best_reward if of == "best" else self.reward

    def forget(self) -> None:
        """Forget every trial."""
        super().forget()
        self._costs: defaultdict[int, dict[int, Costs]] = defaultdict(dict)

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter the trial on the highest rung that it has reached and is not on yet."""
        reached = self.epochs[-1:] if epoch >= self.epochs[-1] else self.reached(epoch)[::-1]
        reward = self._rewarded(number, epoch, value)
        if not self.enter(number, reached, reward):
            return False
        if entered := self.undecided.get(number, [])[-1:]:
            self._costs[entered[0]][number] = (-reward, *self._others(number, epoch))
        return True

    def decide(self, number: int) -> str | None:
        """Judge a trial at every rung that it entered since it was last judged."""
        for rung in self.undecided.pop(number, []):
            points: Mapping[int, Costs] = self._costs[rung]
            if len(points) <= self._min_trials:
                continue
            place, front = place_of(points, number)
            room = math.ceil(len(points) / self._factor)
            if place > room:
                return Stop(
                    f"stopped by ASHA at epoch {rung}: place {place} of {len(points)} by all "
                    f"goals, in front {front}, needed {room} or better",
                    rung=rung,
                    rank=place,
                    threshold=room,
                    front=front,
                    trials=len(points),
                )
        return None
