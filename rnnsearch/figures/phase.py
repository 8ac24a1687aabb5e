"""A phase portrait: the path of a signal through its own states, and that of a model's rollout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rnnsearch.figures.panels import Panels

MOST_AXES = 3
"""Features of a portrait; of more the first ones are shown."""


@dataclass(frozen=True, slots=True, eq=False)
class PhasePortrait:
    """The path of a signal through its states.

    Attributes:
        names: What is measured along each axis, two or three.
        truth: [points, axes].
        prediction: From the last given point on, [steps + 1, axes].
    """

    names: Sequence[str]
    truth: NDArray[Any]
    prediction: NDArray[Any]

    def pairs(self) -> list[tuple[int, int]]:
        """The axes of each panel: across and up."""
        return list(combinations(range(len(self.names)), 2))

    def ranges(self) -> list[tuple[float, float]]:
        """The range of each axis: the truth and half as much again on both sides at the most, where
        a rollout runs away."""
        ranges = []
        for axis in range(len(self.names)):
            low, high = _ends(self.truth[:, axis])
            room = 0.5 * max(high - low, 1e-9)
            bottom, top = _ends(np.append(self.prediction[:, axis], [low, high]))
            some = 0.06 * (high - low) or 0.5
            ranges.append((max(min(bottom, low) - some, low - room), min(top + some, high + room)))
        return ranges

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`; a panel for each pair of axes."""
        pairs, ranges = self.pairs(), self.ranges()
        with style.drawing(path, 1, len(pairs), height=4.4 if len(pairs) == 1 else 2.9) as panels:
            for axes, pair in zip(panels, pairs, strict=True):
                self._panel(axes, pair)
                axes.set_xlim(*ranges[pair[0]])
                axes.set_ylim(*ranges[pair[1]])
            style.headline(panels, title)

    def _panel(self, axes: Axes, pair: tuple[int, int]) -> None:
        across, up = pair
        truth, prediction = self.truth, self.prediction
        axes.plot(
            *(truth[:, across], truth[:, up]),
            color=style.LIGHT,
            linewidth=1.2,
            label="truth",
            marker="o" if len(truth) <= style.MOST_DOTS else "",
            markersize=2.5,
        )
        axes.plot(
            *(prediction[:, across], prediction[:, up]),
            color=style.ORANGE,
            linewidth=1.3,
            label="prediction",
            marker="o" if len(prediction) <= style.MOST_DOTS else "",
            markersize=2.5,
        )
        axes.plot(
            *(prediction[0, across], prediction[0, up]),
            "o",
            color=style.INK,
            markersize=6,
            label="the last given point",
        )
        axes.set_xlabel(self.names[across], color=style.INK)
        axes.set_ylabel(self.names[up], color=style.INK)


def portrait(panels: Panels) -> PhasePortrait | None:
    """The phase portrait of a rollout on a model's own predictions; None where it has no point
    before it, or fewer than three.

    Of two features or more it is the path through these. Of one it is that through the values at a
    time and some time before it: the delay at which they are uncorrelated, a quarter of a period of
    a wave.
    """
    shown = panels.shown[:MOST_AXES]
    given = [np.flatnonzero(panel.warmup) for panel in shown]
    if not shown or not all(map(len, given)) or len(shown[0].prediction) < 2:
        return None
    truth = np.stack([panel.truth for panel in shown], axis=-1)
    known = truth[: given[0][-1] + 1]
    path = np.concatenate([known, np.stack([panel.prediction for panel in shown], axis=-1)])
    last = len(known) - 1
    if len(shown) > 1:
        return PhasePortrait([panel.up for panel in shown], truth, path[last:])
    delay = uncorrelated_delay(truth[:, 0])
    if delay is None or len(path) < delay + 2:
        return None
    first = max(last, delay)
    up, spacing = shown[0].up, float(shown[0].time[1] - shown[0].time[0])
    points = f"{delay} point{'s'[: delay > 1]}"
    before = f"{up}, {points} ({delay * spacing:.3g}) earlier"
    states = [np.stack([one[:-delay], one[delay:]], axis=-1) for one in (truth[:, 0], path[:, 0])]
    return PhasePortrait([before, up], states[0], states[1][first - delay :])


def uncorrelated_delay(values: NDArray[Any]) -> int | None:
    """The least delay at which a signal no longer resembles itself: the first at which its
    autocorrelation is not positive, or else a quarter of its length; None of fewer than 4 points
    and of a constant."""
    finite = np.nan_to_num(values - np.nanmean(values))
    if len(values) < 4 or not np.ptp(finite) > 0:
        return None
    size = len(finite)
    padded = np.fft.rfft(finite, 2 * size)
    alike = np.fft.irfft(padded * padded.conj())[:size]
    below = np.flatnonzero(alike[: size // 4 + 1] <= 0)
    return int(below[0]) if len(below) else max(1, size // 4)


def _ends(values: NDArray[Any]) -> tuple[float, float]:
    """The least and the largest of some values, those that are not finite left out."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
