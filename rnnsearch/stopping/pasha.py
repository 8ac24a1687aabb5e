"""PASHA: successive halving whose last rung moves up only while the ranking still changes.

Bohdal et al., "PASHA: Efficient HPO and NAS with Progressive Resource Allocation" (2023, arXiv
2207.06940). At first the second rung is the last. Whenever the trials on the last rung have another
ranking there than on the rung before, the next rung becomes the last. Two trials may change places
where they are no further apart than noise, which is estimated from pairs whose curves cross more
than once.

The paper pauses trials at the last rung and lets them go on once it has moved. Here a trial that
waits would hold its place in a pack, so it is stopped: trials that come later go further. That fits
the paper's second phase, in which the best are trained from the start to the end: finalists are.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rnnsearch.goal import Goal
from rnnsearch.stopping.asha import Asha, rung_epochs
from rnnsearch.stopping.fields import GracePeriod, LeastOthers, ReductionFactor
from rnnsearch.stopping.rule import Stop

PERCENTILE = 90.0
"""Of the distances of noisy pairs, the part that counts as noise; the paper's."""
MOST = 200
"""So many trials, the best of those that came far enough, are looked at for noise: all pairs are
compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PashaConfig:
    """Stops as asha does, and all trials early while training for longer changes no ranking."""

    type: Literal["pasha"] = "pasha"
    grace_period: GracePeriod = 5
    reduction_factor: ReductionFactor = 3.0
    min_trials: LeastOthers = 1

    def rule(self, max_epochs: int, goal: Goal) -> Pasha:
        """A new rule, which knows of no trial."""
        epochs = rung_epochs(self.grace_period, self.reduction_factor, max_epochs)
        factor, least = self.reduction_factor, self.min_trials
        return Pasha(epochs, factor, goal, min_trials=least, called="PASHA")


class Pasha(Asha):
    """Decides by all curves that are known, in whatever order they came.

    The last rung is the first one whose ranking is that of the rung before, but no lower than a
    rung beyond which a trial has trained already.
    """

    def forget(self) -> None:
        """Forget every trial, and what it reported."""
        super().forget()
        self._curves: defaultdict[int, dict[int, float]] = defaultdict(dict)
        self._furthest = 0
        self._last: tuple[int, float] | None = None

    def record(self, number: int, epoch: int, value: float) -> bool:
        """Keep the curve, and enter the trial on its highest rung."""
        entered = super().record(number, epoch, value)
        self._curves[number][epoch] = self.reward(number, epoch, value)
        self._furthest = max(self._furthest, epoch)
        self._last = None
        return entered

    def decide(self, number: int) -> str | None:
        """Judge a trial as ASHA does; stop it at the last rung if the ranking has settled there."""
        rungs = self.undecided.get(number, [])[:]
        reason = super().decide(number)
        place, noise = self._last_rung()
        last = self.epochs[place]
        if reason is not None or last == self.epochs[-1] or last not in rungs:
            return reason
        value, trials = self.goal.cost(-self.rewards[last][number]), self.count(last)
        rank, before = self.rank(last, number), self.epochs[place - 1]
        return Stop(
            f"stopped by PASHA at epoch {last}: {value:.4g}, place {rank} of {trials}, whose "
            f"ranking is that of epoch {before} (noise {noise:.2g})",
            rung=last,
            value=value,
            rank=rank,
            trials=trials,
            noise=noise,
        )

    def _last_rung(self) -> tuple[int, float]:
        """The place of the last rung among all, and the noise by which its ranking has settled."""
        if self._last is None:
            place, noise = min(1, len(self.epochs) - 1), 0.0
            while place < len(self.epochs) - 1:
                last, before = self.epochs[place], self.epochs[place - 1]
                noise = self._noise(before, last)
                on_both = self.rewards[before].keys() & self.rewards[last].keys()
                if self._furthest <= last and settled(
                    {number: self.rewards[before][number] for number in on_both},
                    {number: self.rewards[last][number] for number in on_both},
                    noise,
                ):
                    break
                place += 1
            self._last = place, noise
        return self._last

    def _noise(self, before: int, last: int) -> float:
        """How far two trials can be apart by chance, in units of the metric; 0 where none shows.

        Of the pairs that came beyond a rung and whose curves have crossed at least twice, it is the
        90th percentile of the distances at their last epoch in common.

        Args:
            before: The rung before the last.
            last: The last rung, beyond which nothing is looked at.
        """
        ahead = sorted(
            (number for number, curve in self._curves.items() if max(curve) > before),
            key=lambda number: (-self._curves[number][max(self._curves[number])], number),
        )[:MOST]
        table = np.full((len(ahead), last), np.nan)
        for row, number in enumerate(ahead):
            for epoch, reward in self._curves[number].items():
                if epoch <= last:
                    table[row, epoch - 1] = reward / 4  # the difference of any two is finite
        distances: list[float] = []
        for row in range(len(ahead) - 1):
            for apart in table[row + 1 :] - table[row]:
                common = apart[np.isfinite(apart)]
                if np.count_nonzero(np.diff(common > 0)) >= 2:
                    distances.append(min(4 * abs(float(common[-1])), sys.float_info.max / 2))
        return float(np.percentile(distances, PERCENTILE)) if distances else 0.0


def settled(before: Mapping[int, float], after: Mapping[int, float], noise: float) -> bool:
    """Whether trials have one ranking by two rewards each, but for those that are nearly equal.

    Each trial must be, by its later reward, at a place where by the earlier ones itself or another
    stood that is no further from it than the noise.
    """
    earlier = sorted(before.values(), reverse=True)
    ranking = sorted(after, key=lambda number: (-after[number], -before[number]))
    pairs = zip(earlier, (before[number] for number in ranking), strict=True)
    return all(abs(one - other) <= noise for one, other in pairs)
