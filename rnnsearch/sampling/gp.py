"""A Gaussian process: each proposal is where a model of all trials expects to gain the most.

Optuna's `GPSampler`: a Matern kernel with a length scale for each field, and the logarithm of the
expected improvement, beside the trials that run. The values of one seed are noisy, so the noise is
fitted and never held to be nothing.

The first ten trials fill the space evenly. It takes few trials for spaces of up to about ten
fields, and its time grows with the cube of the trials that it looks at, so it looks at `history` of
them: half of these are the best so far, the other half the newest of the rest; and at as many of
those that run. Trials that were
stopped take part with the values that they would have come to (`sampling/foretold.py`); a field
that was not active counts with the middle of its range. Values worse than the median are drawn
nearer (`drawn_in`), for one loss of a million would leave no difference between all others.
"""

from __future__ import annotations

import copy
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Annotated, Literal

from rnnsearch.goal import Goal
from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.tpe import STARTUP
from rnnsearch.vocabulary import Range

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler
    from optuna.study import Study
    from optuna.trial import FrozenTrial

SPREAD = 2.0
"""Of costs that lie further above the median than so many times the best lies below it, the
logarithm counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GpConfig:
    """Proposes where a Gaussian process expects the largest gain; for few trials and few fields."""

    type: Literal["gp"] = "gp"
    history: Annotated[
        int,
        "Ended trials that it looks at, half of them the best, half the newest of the others; its "
        "time grows with their cube.",
        Range(10, 2000, unit="trials"),
    ] = 200

    def make(self, start: Start) -> BaseSampler:
        """Make Optuna's sampler over the whole space, with the seed of this run."""
        from optuna.samplers import GPSampler

        from rnnsearch.sampling.seen import Forgetful
        from rnnsearch.sampling.whole import WholeSpaceSampler

        # It says on the screen that it would be faster with `greenlet`, amid the lines of a study.
        logging.getLogger("optuna._gp.batched_lbfgsb").setLevel(logging.ERROR)
        inner = GPSampler(
            seed=start.run_seed, n_startup_trials=STARTUP, warn_independent_sampling=False
        )
        start.say(
            "the sampler gp learns from stopped trials too, with the values that they would have "
            f"come to, and looks at {self.history} trials at most"
        )
        return WholeSpaceSampler(
            inner, start, self._looked_at, storage=Forgetful(), running=self.history
        )

    def _looked_at(self, study: Study, trials: Sequence[FrozenTrial]) -> Sequence[FrozenTrial]:
        """The best and the newest trials, with values that are drawn in where there is one goal."""
        if len(study.directions) > 1:
            return trials[-self.history :]
        goal = Goal[study.direction.name]
        best = sorted(trials, key=lambda one: goal.cost(one.values[0]))[: self.history // 2]
        chosen = {one.number for one in best}
        rest = [one for one in trials if one.number not in chosen]
        newest = rest[max(0, len(rest) - (self.history - len(best))) :]
        return drawn_in(sorted([*best, *newest], key=lambda one: one.number), goal)


def drawn_in(trials: Sequence[FrozenTrial], goal: Goal) -> Sequence[FrozenTrial]:
    """Copies of trials, of which the worse half lies nearer to the others, in the same order."""
    costs = [goal.cost(one.values[0]) for one in trials]
    middle = median(costs) if costs else 0.0
    spread = SPREAD * (middle - min(costs, default=0.0))
    if spread == 0:
        return trials
    drawn = []
    for one, cost in zip(trials, costs, strict=True):
        shown = copy.copy(one)
        over = max(0.0, cost - middle)
        shown.values = [goal.cost(min(cost, middle) + spread * math.log1p(over / spread))]
        drawn.append(shown)
    return drawn
