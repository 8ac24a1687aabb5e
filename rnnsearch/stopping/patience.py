"""Patience: a trial that has not improved for some epochs is given up, whatever the others do.

Made for curves that oscillate, as those of metrics in closed loop do, where a last value says
little: what counts is the best value so far, or a running median.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.fields import GracePeriod
from rnnsearch.stopping.rule import Stop
from rnnsearch.stopping.rungs import RungRule
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class PatienceConfig:
    """Stops a trial that has not improved for some epochs; compares it with no other."""

    type: Literal["patience"] = "patience"
    patience: Annotated[
        int,
        "Epochs within which a trial has to improve.",
        Range(1, 1_000_000, unit="epochs"),
    ] = 10
    of: Annotated[
        Literal["best", "median"],
        "What has to improve: the best value so far, or the running median of the last `window` "
        "epochs, which one lucky epoch does not move.",
    ] = "best"
    window: Annotated[
        int,
        "Epochs of the running median, with `of: median`.",
        Range(1, 1_000_000, unit="epochs"),
    ] = 5
    min_delta: Annotated[
        float,
        "By how much it has to improve, in units of the metric; less is none.",
        Range(0, 1e12),
    ] = 0.0
    grace_period: GracePeriod = 5
    interval: Annotated[
        int, "Epochs from one decision to the next.", Range(1, 1_000_000, unit="epochs")
    ] = 5

    def rule(self, max_epochs: int, goal: Goal) -> Patience:
        """A new rule, which knows of no trial."""
        return Patience(self, max_epochs, goal)


class Patience(RungRule):
    """Holds the best of all epochs against the best of those before the last `patience` ones."""

    rungs_called = "decisions"

    def __init__(self, config: PatienceConfig, max_epochs: int, goal: Goal) -> None:
        self._config = config
        first = min(max(config.grace_period, config.patience + 1), max_epochs)
        epochs = (*range(first, max_epochs, config.interval), max_epochs)
        super().__init__(epochs, goal, min(config.grace_period, max_epochs))

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Keep the curve, and enter the trial on the highest rung that is reached."""
        reward = self.reward(number, epoch, value)
        self._curves[number][epoch] = reward
        return self.enter(number, self.reached(epoch)[-1:], reward)

    def decide(self, number: int) -> str | None:
        """Judge a trial at the last rung that it entered since it was last judged."""
        how = self._config
        for rung in self.undecided.pop(number, [])[-1:]:
            judged = self._judged(number, rung)
            before = [epoch for epoch in judged if epoch <= rung - how.patience]
            if not before:
                continue
            was = max(before, key=lambda epoch: (judged[epoch], -epoch))
            now = max(judged, key=lambda epoch: (judged[epoch], -epoch))
            if judged[now] - judged[was] > how.min_delta:
                continue
            best = self.goal.cost(-judged[was])
            what = "the best value" if how.of == "best" else f"the median of {how.window} epochs"
            enough = f" by more than {how.min_delta:g}" if how.min_delta else ""
            return Stop(
                f"stopped by patience at epoch {rung}: {what} was {best:.4g} at epoch {was}, "
                f"and no better{enough} in the {how.patience} epochs since {rung - how.patience}",
                rung=rung,
                value=self.goal.cost(-judged[now]),
                threshold=best,
                best_epoch=was,
            )
        return None

    def forget(self) -> None:
        """Forget every trial, and what it reported."""
        super().forget()
        self._curves: defaultdict[int, dict[int, float]] = defaultdict(dict)

    def _judged(self, number: int, rung: int) -> dict[int, float]:
        """By epoch until a rung, what has to improve, as a reward."""
        curve = {epoch: value for epoch, value in self._curves[number].items() if epoch <= rung}
        if self._config.of == "best":
            return curve
        epochs, window = sorted(curve), self._config.window
        return {
            epoch: median(
                curve[one] for one in epochs[bisect_right(epochs, epoch - window) : place + 1]
            )
            for place, epoch in enumerate(epochs)
            if epoch >= epochs[0] + window - 1
        }
