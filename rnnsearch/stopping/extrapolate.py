"""Extrapolation: a trial is given up if it will hardly become one of the best.

Its curve is continued to the last epoch with an uncertainty (`prediction.py`), and that uncertainty
is corrected by the study itself: the trials that are complete show how far such predictions were
off at the same epoch. How often complete trials ended within the interval that was predicted for
them is told at the end of the search and by `rnnsearch analyse`.
"""

from __future__ import annotations

import math
from bisect import insort
from collections import defaultdict
from dataclasses import dataclass
from statistics import NormalDist
from typing import Annotated, Literal

import numpy as np

from rnnsearch.goal import Goal
from rnnsearch.stopping.fields import GracePeriod
from rnnsearch.stopping.prediction import Prediction, predicted
from rnnsearch.stopping.rule import Stop
from rnnsearch.stopping.rungs import RungRule
from rnnsearch.vocabulary import Range

INTERVAL = 0.8
"""The part of complete trials that is to end within their predicted interval."""
_NORMAL = NormalDist()
PRIOR = tuple(_NORMAL.inv_cdf((place + 0.5) / 5) for place in range(5))
"""Errors of five trials for which the uncertainty as it is computed would be right; they count
beside those of the complete trials."""
_TAILS = (0.8, 0.9)
"""The parts of the errors by which the uncertainty is made wider, or narrower."""
_FURTHEST = 1e6
"""An error counts as no more than so many of the spreads that were predicted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtrapolateConfig:
    """Stops a trial whose curve, continued to the last epoch, will hardly be among the best."""

    type: Literal["extrapolate"] = "extrapolate"
    probability: Annotated[
        float,
        "A trial is stopped if it is less probable than this that it will be among the best.",
        Range(above=0, below=1),
    ] = 0.05
    top: Annotated[
        int,
        "How many of the complete trials are the best.",
        Range(1, 1_000, unit="trials"),
    ] = 3
    min_complete: Annotated[
        int,
        "Trials that must be complete before one can be stopped, and at least `top`.",
        Range(1, 1_000_000, unit="trials"),
    ] = 5
    grace_period: GracePeriod = 5
    interval: Annotated[
        int, "Epochs from one decision to the next.", Range(1, 1_000_000, unit="epochs")
    ] = 5

    def rule(self, max_epochs: int, goal: Goal) -> Extrapolate:
        """A new rule, which knows of no trial."""
        return Extrapolate(self, max_epochs, goal)


class Extrapolate(RungRule):
    """Decides by a trial's own curve and those of the complete trials, in whatever order they came.

    Costs, the lower the better, are predicted by their logarithms where a curve is all above 0.
    """

    rungs_called = "decisions"

    def __init__(self, config: ExtrapolateConfig, max_epochs: int, goal: Goal) -> None:
        self._config = config
        first = min(config.grace_period, max_epochs)
        super().__init__((*range(first, max_epochs, config.interval), max_epochs), goal, first)

    def forget(self) -> None:
        """Forget every trial, and what it reported."""
        super().forget()
        self._costs: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._finals: list[float] = []
        self._errors: defaultdict[int, dict[int, float]] = defaultdict(dict)

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Keep the curve; of a complete trial, how far its predictions were off."""
        reward = self.reward(number, epoch, value)
        entered = self.enter(number, self.reached(epoch)[-1:], reward)
        costs = self._costs[number]
        costs[epoch] = -reward
        if entered and epoch >= self.epochs[-1]:
            final = min(costs.values())
            insort(self._finals, final)
            for rung in self.rungs:
                if (made := self._prediction(number, rung)) is not None:
                    error = (self._scaled(number, final) - made.mean) / made.spread
                    self._errors[rung][number] = max(-_FURTHEST, min(_FURTHEST, error))
        return entered

    def decide(self, number: int) -> str | None:
        """Judge a trial at the last rung that it entered since it was last judged."""
        how = self._config
        for rung in self.undecided.pop(number, [])[-1:]:
            if len(self._finals) < max(how.min_complete, how.top):
                continue
            bound = self._finals[how.top - 1]
            made = self._prediction(number, rung)
            if made is None or made.so_far <= self._scaled(number, bound):
                continue
            mean, spread = self._corrected(made, rung)
            likely = _NORMAL.cdf((self._scaled(number, bound) - mean) / spread)
            if likely >= how.probability:
                continue
            middle = min(self._unscaled(number, mean), self._unscaled(number, made.so_far))
            expected, needed = self.distinct_texts(-middle, -bound)
            return Stop(
                f"stopped by extrapolation at epoch {rung}: expected to end at {expected}, and "
                f"with a probability of {likely:.2g} at {needed} or better, as {how.top} of "
                f"{len(self._finals)} complete trials did",
                rung=rung,
                value=self.goal.cost(min(self._costs[number].values())),
                expected=self.goal.cost(middle),
                threshold=self.goal.cost(bound),
                probability=likely,
                trials=len(self._finals),
            )
        return None

    def remarks(self) -> tuple[str, ...]:
        """How often complete trials ended within the interval that was predicted for them.

        Each trial's interval is corrected by the others alone.
        """
        half = _NORMAL.inv_cdf((1 + INTERVAL) / 2)
        within = total = 0
        for rung, errors in self._errors.items():
            for number, error in errors.items():
                made = self._prediction(number, rung)
                if made is None:
                    continue
                bias, scale = self._correction(rung, left_out=number)
                cap = (made.so_far - made.mean) / made.spread  # the end is no worse than this
                low, high = (min(bias + side * half * scale, cap) for side in (-1, 1))
                within += low - 1e-9 <= error <= high + 1e-9
                total += 1
        if not total:
            return ("extrapolation: no trial is complete, so nothing tells how good it is",)
        return (
            f"extrapolation: {len(self._finals)} complete trials ended within the predicted "
            f"{INTERVAL:.0%} interval in {within / total:.0%} of {total} predictions",
        )

    def _prediction(self, number: int, rung: int) -> Prediction | None:
        """What is predicted of a trial by its reports until a rung."""
        costs = {
            epoch: self._scaled(number, cost)
            for epoch, cost in self._costs[number].items()
            if epoch <= rung
        }
        return predicted(costs, self.epochs[-1])

    def _corrected(self, made: Prediction, rung: int) -> tuple[float, float]:
        """Mean and spread of a prediction, by the errors of those that are complete."""
        bias, scale = self._correction(rung)
        return made.mean + bias * made.spread, made.spread * scale

    def _correction(self, rung: int, left_out: int = -1) -> tuple[float, float]:
        """By how many spreads predictions at a rung are off, and how much wider they should be."""
        errors = [error for number, error in self._errors[rung].items() if number != left_out]
        every = np.array([*PRIOR, *errors])
        bias = float(np.median(every))
        sizes = np.quantile(np.abs(every - bias), _TAILS)
        normal = [_NORMAL.inv_cdf((1 + part) / 2) for part in _TAILS]
        return bias, float(max(sizes / normal))

    def _scaled(self, number: int, cost: float) -> float:
        """A cost as a trial's are predicted: its logarithm where the trial's are all above 0."""
        if min(self._costs[number].values()) <= 0:
            return cost
        return math.log(cost) if cost > 0 else -math.inf

    def _unscaled(self, number: int, scaled: float) -> float:
        """The inverse of `_scaled`."""
        logs = min(self._costs[number].values()) > 0
        return math.exp(min(scaled, 700.0)) if logs else scaled
