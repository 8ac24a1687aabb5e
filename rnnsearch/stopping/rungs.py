"""Who stood where as its training came to certain epochs: what rules that compare trials share."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence

from rnnsearch.goal import Goal
from rnnsearch.stopping.rule import Stop


class RungRule:
    """A stopping rule that notes how many trials came to each of some epochs, and stops none.

    Rules that stop some inherit from it. They enter trials on the rungs with a reward, of which the
    higher one is better whatever the goal, and judge each trial on the rungs that it entered since
    it was last judged.

    Args:
        epochs: The rungs, rising; the last one is the epoch of a complete trial.
        goal: Which way the study's metric is better.
        grace: Epochs after which a trial's value counts; see `StoppingRule`.
    """

    def __init__(self, epochs: Sequence[int], goal: Goal, grace: int) -> None:
        self.epochs = tuple(epochs)
        self.goal = goal
        self.grace = grace
        self.forget()

    @property
    def rungs(self) -> tuple[int, ...]:
        """All epochs but the last, at which nobody is stopped."""
        return self.epochs[:-1]

    def next_limit(self, epoch: int) -> int:
        """The rung behind `epoch` finished ones; the last from there on."""
        return self.epochs[min(bisect_right(self.epochs, epoch), len(self.epochs) - 1)]

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter the trial on the highest rung that it has reached."""
        reward = self.reward(number, epoch, value)
        return self.enter(number, self.reached(epoch)[-1:], reward)

    def decide(self, number: int) -> str | None:
        """Let every trial go on."""
        return None

    def rebuild(self, curves: Mapping[int, Mapping[int, float]]) -> None:
        """Replay a ledger: all that it holds was judged when it was reported."""
        self.forget()
        for number, curve in curves.items():
            for epoch in sorted(curve):
                self.record(number, epoch, curve[epoch])
        self.undecided.clear()

    def populations(self) -> dict[int, int]:
        """How many trials are on each rung."""
        return {rung: self.count(rung) for rung in self.epochs}

    def forget(self) -> None:
        """Forget every trial."""
        self._bests: dict[int, float] = {}
        self.rewards: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._rising: defaultdict[int, list[float]] = defaultdict(list)
        self.undecided: defaultdict[int, list[int]] = defaultdict(list)

    def reward(self, number: int, epoch: int, value: float) -> float:
        """A reported value with its sign turned where less is better.

        Raises:
            ValueError: It is not finite; such a trial has diverged, and the caller ends it.
        """
        if not math.isfinite(value):
            raise ValueError(f"Trial {number}: value {value} at epoch {epoch} is not finite.")
        return -self.goal.cost(value)

    def best_reward(self, number: int, epoch: int, value: float) -> float:
        """The best of a trial's rewards so far, a reported value included, whatever its epoch.

        Raises:
            ValueError: The value is not finite.
        """
        reward = self.reward(number, epoch, value)
        self._bests[number] = max(self._bests.get(number, reward), reward)
        return self._bests[number]

    def reached(self, epoch: int) -> tuple[int, ...]:
        """The rungs that lie at `epoch` or before it, rising."""
        return self.epochs[: bisect_right(self.epochs, epoch)]

    def enter(self, number: int, rungs: Sequence[int], reward: float) -> bool:
        """Put a trial on the first of these rungs on which it is not yet; whether there is one."""
        rung = next((one for one in rungs if number not in self.rewards.get(one, ())), None)
        if rung is None:
            return False
        self.rewards[rung][number] = reward
        insort(self._rising[rung], reward)
        if rung < self.epochs[-1]:
            self.undecided[number].append(rung)
        return True

    def count(self, rung: int) -> int:
        """How many trials are on a rung."""
        return len(self.rewards.get(rung, ()))

    def quantile_of_others(self, rung: int, number: int, share: float) -> float | None:
        """The reward below which a share of the others on a trial's rung lies; None of nobody."""
        if self.count(rung) == 1:
            return None
        return quantile_without(self._rising[rung], self.rewards[rung][number], share)

    def rank(self, rung: int, number: int) -> int:
        """A trial's place among those on a rung, from 1; equal rewards share the better place."""
        rising = self._rising[rung]
        return len(rising) - bisect_right(rising, self.rewards[rung][number]) + 1

    def stop(self, words: str, rung: int, number: int, needed: float) -> Stop:
        """The stop of a trial at a rung, with the reward that it needed there."""
        return Stop(
            words,
            rung=rung,
            value=self.goal.cost(-self.rewards[rung][number]),
            threshold=self.goal.cost(-needed),
            rank=self.rank(rung, number),
            trials=self.count(rung),
        )

    def distinct_texts(self, reward: float, needed: float) -> tuple[str, str]:
        """Two different rewards as values of the metric, with as few digits as show it.

        At least four digits are shown.
        """
        one, other = self.goal.cost(-reward), self.goal.cost(-needed)
        texts = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in range(4, 17))
        return next((pair for pair in texts if pair[0] != pair[1]), (repr(one), repr(other)))


class Decisions(RungRule):
    """A `RungRule` whose rungs lie at equal distances, and are called decisions.

    Args:
        first: The epoch of the first one.
        interval: Epochs from one to the next.
        last: The epoch of a complete trial.
        goal: Which way the study's metric is better.
    """

    rungs_called = "decisions"

    def __init__(self, first: int, interval: int, last: int, goal: Goal) -> None:
        first = min(first, last)
        super().__init__((*range(first, last, interval), last), goal, first)

    def populations(self) -> dict[int, int]:
        """How many trials are on each rung that somebody has reached, and on the last."""
        counts = super().populations()
        return {rung: count for rung, count in counts.items() if count or rung == self.epochs[-1]}


def quantile_without(rising: Sequence[float], one: float, share: float) -> float:
    """`numpy.percentile` of all but one member of a sorted sequence, to the bit, unsorted anew.

    Args:
        rising: Numbers in rising order, at least two.
        one: The member that is left out.
        share: How much of the others lies below, from 0 to 1; linear between neighbours.
    """
    left_out = bisect_left(rising, one)
    place = (len(rising) - 2) * share
    before = math.floor(place)
    low, high = (
        rising[index + (index >= left_out)] for index in (before, min(before + 1, len(rising) - 2))
    )
    part, apart = place - before, high - low
    return high - apart * (1 - part) if part >= 0.5 else low + apart * part
