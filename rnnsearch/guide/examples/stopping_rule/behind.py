"""A stopping rule: a trial stops when it lies too far behind the best one at the same epoch."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

from rnnsearch.vocabulary import Range


@dataclass(frozen=True, kw_only=True)
class Behind:
    """Stops a trial that lies too far behind the best one at the same epoch."""

    interval: Annotated[int, "Epochs from one decision to the next.", Range(1, unit="epochs")] = 5
    margin: Annotated[float, "How far, in units of the metric.", Range(above=0)] = 0.5

    def rule(self, max_epochs, goal):
        return BehindRule(self, max_epochs, goal)


class BehindRule:
    """Compares the best value of each trial until every `interval`-th epoch."""

    def __init__(self, config, max_epochs, goal):
        self.config, self.last, self.goal = config, max_epochs, goal
        self.rungs = tuple(range(config.interval, max_epochs, config.interval))
        self.grace = min(config.interval, max_epochs)
        self.rebuild({})

    def next_limit(self, epoch):
        return next((rung for rung in self.rungs if rung > epoch), self.last)

    def record(self, number, epoch, value):
        if not math.isfinite(value):
            raise ValueError(f"trial {number} reported {value} at epoch {epoch}: not finite")
        cost = self.goal.cost(value)  # the lower the better, whichever way the metric is
        self.best[number] = min(cost, self.best[number])
        if epoch not in (*self.rungs, self.last):
            return False
        self.at[epoch][number] = self.best[number]
        self.undecided[number] = epoch
        return True

    def decide(self, number):
        epoch = self.undecided.pop(number, self.last)
        if epoch == self.last:
            return None
        cost, least = self.at[epoch][number], min(self.at[epoch].values())
        if cost - least <= self.config.margin:
            return None
        value, bound = self.goal.cost(cost), self.goal.cost(least)  # back in the metric's own sign
        return f"stopped as too far behind at epoch {epoch}: {value:.4g}, the best has {bound:.4g}"

    def rebuild(self, curves):
        self.best = defaultdict(lambda: math.inf)
        self.at = {epoch: {} for epoch in (*self.rungs, self.last)}
        self.undecided = {}
        for number, curve in curves.items():
            for epoch in sorted(curve):
                self.record(number, epoch, curve[epoch])
        self.undecided.clear()  # what the ledger holds was decided before

    def populations(self):
        return {epoch: len(trials) for epoch, trials in self.at.items()}
