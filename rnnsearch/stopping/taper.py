"""Tapering: the part of the trials that may go on falls evenly as training goes on.

Successive halving cuts hardest where it knows least: of a factor 3 nine trials in ten are gone
after an eighth of their epochs. Here a trial goes on at a decision after a part `x` of all epochs
while it is among the best `(1 - x) ** power` of those that began: none of the best nine tenths is
stopped in the first tenth. Bad trials go early, and good ones are compared when it is plain which
they are. On the table of recurrent trainings (guide, table.md) that loses the best trial in few
studies, where halving loses it in every second one.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.stopping.fields import GracePeriod, LeastOthers
from rnnsearch.stopping.rungs import Decisions
from rnnsearch.vocabulary import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class TaperConfig:
    """Stops the worst few at each of many decisions, so that fewer and fewer go on."""

    type: Literal["taper"] = "taper"
    grace_period: GracePeriod = 5
    interval: Annotated[
        int, "Epochs from one decision to the next.", Range(1, 1_000_000, unit="epochs")
    ] = 5
    power: Annotated[
        float,
        "How soon trials are stopped. After a part `x` of all epochs about `(1 - x) ** power` of "
        "them are left: half of them halfway with 1, more of them below that, fewer above.",
        Range(above=0, most=100),
    ] = 0.7
    min_trials: LeastOthers = 5

    def rule(self, max_epochs: int, goal: Goal) -> Taper:
        """A new rule, which knows of no trial."""
        return Taper(self, max_epochs, goal)


class Taper(Decisions):
    """Notes how good the best epoch of each trial was by each decision, and says who goes on."""

    def __init__(self, config: TaperConfig, max_epochs: int, goal: Goal) -> None:
        super().__init__(config.grace_period, config.interval, max_epochs, goal)
        self._min_trials = config.min_trials
        left = [(1 - epoch / max_epochs) ** config.power for epoch in (0, *self.rungs)]
        # Those who come to a decision are what the one before it left.
        goes_on = [then / before for before, then in pairwise(left)]
        self._goes_on = dict(zip(self.rungs, goes_on, strict=True))

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Enter the best value so far on the highest rung that is reached."""
        best = self.best_reward(number, epoch, value)
        return self.enter(number, self.reached(epoch)[-1:], best)

    def decide(self, number: int) -> str | None:
        """Judge a trial at the last decision that it came to since it was last judged."""
        for rung in self.undecided.pop(number, [])[-1:]:
            needed = self.quantile_of_others(rung, number, 1 - self._goes_on[rung])
            reward = self.rewards[rung][number]
            enough = self.count(rung) > self._min_trials
            if needed is not None and enough and reward < needed:
                value, bound = self.distinct_texts(reward, needed)
                return self.stop(
                    f"stopped by tapering at epoch {rung}: best {value}, needed {bound} or better, "
                    f"as {self._goes_on[rung]:.0%} of {self.count(rung) - 1} others had",
                    rung,
                    number,
                    needed,
                )
        return None
