"""The Lorenz system, three chaotic signals that drive each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, ClassVar, Literal

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.signals.config import LoopConfig, SignalConfig
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.tasks.streams import derive
from rnnsearch.vocabulary import Range

SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
LYAPUNOV_EXPONENT = 0.9056
"""By how much the logarithm of a small error grows in a unit of time, at these parameters.

Source: Sprott, Chaos and Time-Series Analysis (2003)."""
LONGEST_STEP = 0.005
"""The longest step of the integration, in units of time."""
TRANSIENT = 20.0
"""Units of time before the first point, in which the start falls onto the attractor."""

State = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LorenzConfig(SignalConfig):
    """x' = 10 (y - x), y' = x (28 - z) - y, z' = x y - 8/3 z; the next point of all three.

    Source: Lorenz, Deterministic nonperiodic flow, J. Atmos. Sci. 20 (1963).
    """

    type: Literal["lorenz"] = "lorenz"
    predict: Literal["last", "every"] = "every"
    split: TimeSplitConfig = field(default_factory=lambda: TimeSplitConfig(gap=100))
    rollout: LoopConfig = field(default_factory=lambda: LoopConfig(steps=(10, 50, 250)))
    num_points: Annotated[
        int, "Points of the signal, after 20 units of time that are thrown away."
    ] = 5000
    spacing: Annotated[
        float, "Units of time between two points.", Range(above=0, most=1, unit="units of time")
    ] = 0.02

    features: ClassVar[tuple[str, ...]] = ("x", "y", "z")

    @property
    def lyapunov_times(self) -> float | None:
        """How many Lyapunov times lie between two points."""
        return self.spacing * LYAPUNOV_EXPONENT

    def generate(self) -> tuple[Floats, Floats]:
        """Times [points] and values [points, 3], by Runge-Kutta of fourth order."""
        generator = np.random.default_rng(derive(self.data_seed, "lorenz"))
        x, y, z = (float(one) for one in generator.normal(1.0, 1.0, size=3))
        between = ceil(self.spacing / LONGEST_STEP)
        step = self.spacing / between
        state: State = (x, y, z)
        for _ in range(ceil(TRANSIENT / step)):
            state = _advanced(state, step)
        values = [state]
        for _ in range(self.num_points - 1):
            for _ in range(between):
                state = _advanced(state, step)
            values.append(state)
        time = np.arange(self.num_points, dtype=np.float64) * self.spacing
        return time, np.array(values)


def _derivative(state: State) -> State:
    """x', y' and z' at a state; see `LorenzConfig`."""
    x, y, z = state
    return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z


def _moved(state: State, derivative: State, step: float) -> State:
    """The state after a time `step` along a straight line."""
    (x, y, z), (dx, dy, dz) = state, derivative
    return x + step * dx, y + step * dy, z + step * dz


def _advanced(state: State, step: float) -> State:
    """The state after one step of Runge-Kutta of fourth order."""
    k1 = _derivative(state)
    k2 = _derivative(_moved(state, k1, 0.5 * step))
    k3 = _derivative(_moved(state, k2, 0.5 * step))
    k4 = _derivative(_moved(state, k3, step))
    mean = tuple((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(k1, k2, k3, k4, strict=True))
    return _moved(state, (mean[0], mean[1], mean[2]), step)
