"""The Mackey-Glass equation, a chaotic signal that remembers its own past."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.signals.config import SignalConfig, shared_problems
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.tasks.streams import derive
from rnnsearch.vocabulary import Range, outside

PRODUCTION, DECAY, POWER = 0.2, 0.1, 10
STEPS_A_UNIT = 10
"""Integration steps a unit of time; the signal is sampled once a unit."""
TRANSIENT = 500
"""Units of time before the first point, in which the start is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MackeyGlassConfig(SignalConfig):
    """x' = 0.2 x(t - tau) / (1 + x(t - tau)^10) - 0.1 x, sampled once a unit of time.

    Chaotic from tau of about 16.8. By custom the point 15 units after the last one known is
    predicted. Source: Mackey and Glass, Oscillation and chaos in physiological control
    systems, Science 197 (1977).
    """

    type: Literal["mackey_glass"] = "mackey_glass"
    horizon: int = 15
    split: TimeSplitConfig = field(default_factory=lambda: TimeSplitConfig(gap=50))
    num_points: Annotated[int, "Points of the signal, after 500 that are thrown away."] = 3000
    tau: Annotated[
        float, "The delay, in tenths of a unit of time.", Range(0.1, 1000, unit="units of time")
    ] = 17.0

    def problems(self) -> list[tuple[str, str]]:
        """Everything wrong with a config whose fields have the right types."""
        if problems := outside(self):
            return problems
        if abs(self.tau * STEPS_A_UNIT - round(self.tau * STEPS_A_UNIT)) > 1e-9:
            return [("tau", f"must be a whole number of tenths, not {self.tau}.")]
        return shared_problems(self)

    def generate(self) -> tuple[Floats, Floats]:
        """Times [points] and values [points, 1], by Runge-Kutta of fourth order.

        The delayed value in the middle of a step is the mean of those at its ends.
        """
        generator = np.random.default_rng(derive(self.data_seed, "mackey_glass"))
        delay = round(self.tau * STEPS_A_UNIT)
        # The signal begins with a constant past, whose value the seed decides, and with it all
        # that follows.
        path = [1.2 + 0.1 * float(generator.uniform(-1, 1))] * (delay + 1)
        step = 1.0 / STEPS_A_UNIT
        for _ in range((TRANSIENT + self.num_points - 1) * STEPS_A_UNIT):
            now, first, last = path[-1], path[-1 - delay], path[-delay]
            early, late = _production(first), _production(last)
            middle = _production(0.5 * (first + last))
            k1 = early - DECAY * now
            k2 = middle - DECAY * (now + 0.5 * step * k1)
            k3 = middle - DECAY * (now + 0.5 * step * k2)
            k4 = late - DECAY * (now + step * k3)
            path.append(now + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4))
        values = np.array(path[delay + TRANSIENT * STEPS_A_UNIT :: STEPS_A_UNIT])
        return np.arange(self.num_points, dtype=np.float64), values[:, None]


def _production(delayed: float) -> float:
    """What the delayed value adds to the signal in a unit of time."""
    return PRODUCTION * delayed / (1 + delayed**POWER)
