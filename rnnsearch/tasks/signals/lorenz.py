"""The Lorenz system, three chaotic signals that drive each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Literal

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.signals.config import LoopConfig, SignalConfig, shared_problems
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.tasks.streams import derive
from rnnsearch.vocabulary import Range, outside

SIGMA, RHO, BETA = 10.0, 28.0, 8.0 / 3.0
LYAPUNOV_EXPONENT = 0.9056
"""A unit of time, at these parameters. Source: Sprott, Chaos and Time-Series Analysis (2003)."""
LONGEST_STEP = 0.005
"""Of the integration, in units of time."""
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
        int,
        "Points of the signal, after 20 units of time that are thrown away.",
        Range(3, 1_000_000, unit="points"),
    ] = 5000
    spacing: Annotated[
        float, "Units of time between two points.", Range(above=0, most=1, unit="units of time")
    ] = 0.02


def problems(config: LorenzConfig) -> list[tuple[str, str]]:
    """Everything wrong with a config whose fields have the right types."""
    return outside(config) or shared_problems(config, config.num_points)


def generate(config: LorenzConfig) -> tuple[Floats, Floats]:
    """Times [points] and values [points, 3], by Runge-Kutta of fourth order."""
    generator = np.random.default_rng(derive(config.data_seed, "lorenz"))
    x, y, z = (float(one) for one in generator.normal(1.0, 1.0, size=3))
    between = ceil(config.spacing / LONGEST_STEP)
    step = config.spacing / between
    state: State = (x, y, z)
    for _ in range(ceil(TRANSIENT / step)):
        state = _advanced(state, step)
    values = [state]
    for _ in range(config.num_points - 1):
        for _ in range(between):
            state = _advanced(state, step)
        values.append(state)
    time = np.arange(config.num_points, dtype=np.float64) * config.spacing
    return time, np.array(values)


def _slope(state: State) -> State:
    x, y, z = state
    return SIGMA * (y - x), x * (RHO - z) - y, x * y - BETA * z


def _moved(state: State, slope: State, step: float) -> State:
    return (
        state[0] + step * slope[0],
        state[1] + step * slope[1],
        state[2] + step * slope[2],
    )


def _advanced(state: State, step: float) -> State:
    k1 = _slope(state)
    k2 = _slope(_moved(state, k1, 0.5 * step))
    k3 = _slope(_moved(state, k2, 0.5 * step))
    k4 = _slope(_moved(state, k3, step))
    mean = tuple((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(k1, k2, k3, k4, strict=True))
    return _moved(state, (mean[0], mean[1], mean[2]), step)
