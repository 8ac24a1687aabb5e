"""Sums of sines with chirp, drift and noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.signals.config import SignalConfig, shared_problems
from rnnsearch.tasks.streams import derive
from rnnsearch.vocabulary import Members, Range, outside


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveConfig(SignalConfig):
    """Sums of sines with chirp, drift and noise; each next point from a window of points.

    Component i at time t is `a exp(A(t)) sin(f (t + chirp t^2 / (2 duration)) + p + P(t))`, where
    A and P are random walks of its own.
    """

    type: Literal["wave"] = "wave"
    num_points: Annotated[int, "Points over [0, duration], both ends included."] = 1000
    duration: Annotated[
        float, "In units of time.", Range(above=0, most=1e6, unit="units of time")
    ] = 100.0
    amplitudes: Annotated[tuple[float, ...], "One a component.", Range(-1e6, 1e6), Members(1)] = (
        1.0,
    )
    frequencies: Annotated[
        tuple[float, ...],
        "Radians a unit of time, one a component.",
        Range(-1e6, 1e6, unit="radians a unit of time"),
    ] = (1.0,)
    phases: Annotated[
        tuple[float, ...],
        "Radians at time 0, one a component; none stands for zeros.",
        Range(-1e6, 1e6, unit="radians"),
    ] = ()
    chirp: Annotated[
        float,
        "By what share of itself a frequency has grown at the end; -0.5 halves it, and at -1 the "
        "wave would stand still.",
        Range(above=-1, most=1e6),
    ] = 0.0
    amplitude_drift: Annotated[
        float, "Standard deviation of A after one unit of time.", Range(0, 10)
    ] = 0.0
    phase_drift: Annotated[
        float,
        "Standard deviation of P after one unit of time, in radians.",
        Range(0, 1e6, unit="radians"),
    ] = 0.0
    noise: Annotated[
        float, "Standard deviation of the white noise on each point.", Range(0, 1e6)
    ] = 0.0

    def problems(self) -> list[tuple[str, str]]:
        """Everything wrong with a config whose fields have the right types."""
        if problems := outside(self):
            return problems
        count = len(self.amplitudes)
        for key in ("frequencies", "phases"):
            named = len(getattr(self, key))
            if named != count and (named or key == "frequencies"):
                problems.append((key, f"names {named} components, amplitudes {count}."))
        return problems or shared_problems(self)

    def generate(self) -> tuple[Floats, Floats]:
        """Times [points] and values [points, 1]; the same for equal configs."""
        generator = np.random.default_rng(derive(self.data_seed, "wave"))
        time = np.linspace(0.0, self.duration, self.num_points)
        warped = time + self.chirp * time**2 / (2 * self.duration)
        root = np.sqrt(self.duration / (self.num_points - 1))
        values = np.zeros(self.num_points)
        phases = self.phases or (0.0,) * len(self.amplitudes)
        components = zip(self.amplitudes, self.frequencies, phases, strict=True)
        for amplitude, frequency, phase in components:
            # Random walks are drawn even without drift, so that the noise drawn after them is the
            # same with and without it.
            steps = generator.normal(size=(2, self.num_points)) * root
            steps[:, 0] = 0.0
            walks = np.cumsum(steps, axis=1)
            angle = frequency * warped + phase + self.phase_drift * walks[1]
            values += amplitude * np.exp(self.amplitude_drift * walks[0]) * np.sin(angle)
        values += self.noise * generator.normal(size=self.num_points)
        return time, values[:, None]
