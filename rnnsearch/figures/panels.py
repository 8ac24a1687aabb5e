"""Pictures of predictions in time, a panel a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.figures import style
from rnnsearch.figures.style import GREY, INK, LIGHT, MOST_DOTS, ORANGE, drawing, headline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_PANELS = 12
"""Panels of a picture; of more quantities the first ones are shown."""

MOST_KEPT = 60
"""Panels from which an interactive picture lets a reader choose."""

_ARRAYS = ("time", "truth", "warmup", "prediction_time", "prediction")

LEAST_CONTEXT = 40
CONTEXT_SHARE = 2
"""Before the predictions twice as many given points are shown, but at least `LEAST_CONTEXT`."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Panel:
    """One quantity beside what a model makes of it: a target of a series, a feature of a signal.

    Attributes:
        name: Which of several it is; empty where there is one.
        along: What is counted along, with its unit.
        up: What is measured, with its unit where that is known.
        time: Numbers or datetime64 [points].
        truth: [points], NaN where nothing was measured.
        warmup: Where a true point was fed, boolean [points].
        prediction_time: [steps]; the steps may go beyond the truth.
        prediction: [steps].
        low, high: Ends of an interval around the prediction [steps], NaN where there is none.
        band: What the interval is.
        scored: The numbers of steps ahead that are scored, each from the first on; a rollout may go
            beyond them.
    """

    name: str = ""
    along: str
    up: str
    time: np.ndarray[Any, Any]
    truth: np.ndarray[Any, Any]
    warmup: np.ndarray[Any, Any]
    prediction_time: np.ndarray[Any, Any]
    prediction: np.ndarray[Any, Any]
    low: np.ndarray[Any, Any] | None = None
    high: np.ndarray[Any, Any] | None = None
    band: str = ""
    scored: Sequence[int] = ()

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray[Any, Any]]) -> Panel:
        """The panel of a rollout, from the arrays of `tasks.pictures.Pictured.picture`."""
        given: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        return cls(along="time", up="value", **given)

    def behind(self) -> int:
        """The first point after those that were given; 0 where none was."""
        known = np.flatnonzero(self.warmup)
        return int(known[-1]) + 1 if len(known) else 0

    def shown_from(self) -> int:
        """The first point that is shown: of a long context the last part."""
        known = np.flatnonzero(self.warmup)
        kept = known[-max(LEAST_CONTEXT, CONTEXT_SHARE * len(self.prediction)) :]
        return int(kept[0]) if len(kept) else 0

    def limits(self, first: int) -> tuple[float, float] | None:
        """The range of values, the truth and at most as much again on both sides, where a rollout
        runs away; None where no truth is known.

        Args:
            first: The first point that is shown.
        """
        seen = self.truth[first:]
        seen = seen[np.isfinite(seen)]
        if not len(seen):
            return None
        low, high = float(seen.min()), float(seen.max())
        predicted = self.prediction[np.isfinite(self.prediction)]
        room = high - low
        if not room > 0:  # of a constant nothing says how far off is far
            off = np.abs(predicted - low)
            room = (3 * float(np.median(off)) if len(off) else 0.0) or abs(low) or 1.0
        ends = [low, high, *predicted]
        for end in (self.low, self.high):
            ends += [] if end is None else list(end[np.isfinite(end)])
        bottom, top = max(min(ends), low - room), min(max(ends), high + room)
        some = 0.05 * (top - bottom) or 0.05 * room
        return bottom - some, top + some

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays of a rollout, as `tasks.pictures.Pictured.picture` names them."""
        return {name: getattr(self, name) for name in _ARRAYS}


@dataclass(frozen=True, slots=True)
class Panels:
    """The panels of one picture of a model's predictions.

    Attributes:
        shown: At most `MOST_PANELS`.
        more: How many of all quantities are shown, in words; empty where all are.
    """

    shown: Sequence[Panel]
    more: str = ""

    def span(self) -> str:
        """The end of a title: of which series the predictions are, and from when on."""
        first = [panel.prediction_time[0] for panel in self.shown]
        panel = self.shown[0]
        span = f" of {panel.name}" if panel.name and len(self.shown) == 1 else ""
        dated = panel.time.dtype.kind == "M"
        if dated or not panel.along.startswith("time"):
            span += f" from {'' if dated else f'{panel.along} '}{written(min(first))}"
            span += "" if len(set(first)) == 1 else " or later"
        return span

    def draw(self, path: Path, *, title: str) -> None:
        """See `figure.Kind`: what was known, the truth after it, and the predictions.

        Predictions are dots on a line and the truth is a darker line; the points that the model was
        given, of which the last ones are shown, are light.
        """
        shown = self.shown
        columns = 1 if len(shown) <= 3 else 2
        rows = -(-len(shown) // columns)
        with drawing(path, rows, columns, height=3.3 if len(shown) == 1 else 2.1) as axes:
            for place, panel in enumerate(shown):
                _panel(axes[place], panel)
                style.name_panel(axes[place], panel.name, panel.up)
                if place >= len(shown) - columns:
                    axes[place].set_xlabel(panel.along, color=INK)
                elif panel.time.dtype.kind == "M" and _together(shown):
                    axes[place].xaxis.get_offset_text().set_visible(False)  # as the last ones say
            for spare in axes[len(shown) :]:
                spare.remove()
            more = f"\nshown: {self.more}" if self.more else ""
            headline(axes[: len(shown)], title + more)


def _together(panels: Sequence[Panel]) -> bool:
    """Whether all panels are of the same times."""
    ends = {(panel.time[panel.shown_from()], panel.prediction_time[-1]) for panel in panels}
    return len(ends) == 1


def _panel(axes: Axes, panel: Panel) -> None:
    """Draw what was known of one quantity, the truth, and the prediction with its interval."""
    known, steps = np.flatnonzero(panel.warmup), len(panel.prediction)
    first, behind = panel.shown_from(), panel.behind()
    kept = known[known >= first]
    time, truth = panel.time, panel.truth
    if len(kept):
        axes.plot(
            *(time[first:behind], truth[first:behind]),
            color=LIGHT,
            linewidth=1.2,
            marker="o" if len(kept) <= MOST_DOTS else None,
            markersize=3.5 if len(kept) > 1 else 6,
            label=_given(len(kept), len(known)),
            zorder=2,
        )
        axes.axvline(time[behind - 1], color=GREY, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    # The truth begins at the last given point, so that the line has no gap there.
    after = max(behind - 1, 0)
    axes.plot(*(time[after:], truth[after:]), color=INK, linewidth=1.3, label="truth", zorder=3)
    dots = steps <= MOST_DOTS
    axes.plot(
        *(panel.prediction_time, panel.prediction),
        color=ORANGE,
        linewidth=1.0,
        marker="o" if dots else None,
        markersize=3.8,
        label="prediction",
        zorder=4,
    )
    if panel.low is not None and panel.high is not None:
        axes.fill_between(
            *(panel.prediction_time, panel.low, panel.high),
            color=ORANGE,
            alpha=0.2,
            linewidth=0,
            label=panel.band,
        )
    if (limits := panel.limits(first)) is not None:
        axes.set_ylim(*limits)
    axes.margins(x=0.02)
    _horizons(axes, panel)
    if time.dtype.kind == "M":
        style.dates(axes)


def _horizons(axes: Axes, panel: Panel) -> None:
    """Mark the ends of the scored horizons, with their steps where there is room for a number."""
    steps = len(panel.prediction)
    ends = [step for step in sorted(panel.scored) if step <= steps]
    for step in ends:
        time = panel.prediction_time[step - 1]
        axes.axvline(time, color=style.SKY, linewidth=1.0, linestyle=(0, (1, 2)), zorder=1)
    if ends:
        counted = ", ".join(f"{step:,}" for step in ends[-4:])
        counted = f"..., {counted}" if len(ends) > 4 else counted
        label = f"scored horizon{'s'[: len(ends) > 1]}: {counted} step{'s'[: ends[-1] > 1]}"
        axes.plot([], [], color=style.SKY, linewidth=1.2, linestyle=(0, (1, 2)), label=label)


def _given(kept: int, known: int) -> str:
    """The legend's words for the given points.

    Args:
        kept: How many of them are shown.
        known: How many the model was given.
    """
    if kept < known:
        return f"given, the last {kept:,} of {known:,} points"
    return f"given, {known:,} point{'s' if known > 1 else ''}"


def written(moment: np.generic) -> str:
    """A time as a person writes it: a date without a midnight, or a number."""
    if isinstance(moment, np.datetime64):
        hourly = np.datetime_data(moment)[0] == "h"
        text = str(moment.astype("datetime64[m]") if hourly else moment).replace("T", " ")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        if text.count(":") == 2:
            text = text.removesuffix(":00")
        return text.removesuffix(" 00:00")
    return f"{float(moment):g}"
