"""The picture of a study: its trials, their learning curves, and the baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from rnnsearch.figures import style
from rnnsearch.figures.front import Front
from rnnsearch.goal import Goal

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MARKS = {
    "complete": (style.BLUE, "o"),
    "pruned": (style.GREY, "v"),
    "diverged": (style.PURPLE, "x"),
    "failed": (style.ORANGE, "x"),
}

_DASHES = ((5, 3), (1, 2), (7, 2, 1, 2), (9, 4), (3, 2, 1, 2, 1, 2), (2, 4))
MOST_RUNGS = 16
"""Rungs up to which each has its line; more lines would hide the curves."""
MOST_NAME = 40
"""How many characters of a baseline's name a legend shows."""


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One ended trial as the study's picture needs it.

    Attributes:
        state: One of the states in `_MARKS`.
        value: The best value of the study's metric that the trial reached; None without any.
        curve: The metric by epoch.
    """

    number: int
    state: str
    value: float | None
    curve: Mapping[int, float]


def draw_study(
    trials: Sequence[TrialPoint],
    path: Path,
    *,
    title: str,
    value_label: str,
    goal: Goal = Goal.MINIMIZE,
    rungs: Sequence[int] = (),
    baselines: Mapping[str, float] | None = None,
    best: int | None = None,
    won: bool = False,
    fronts: Sequence[Front] = (),
) -> None:
    """Draw all trials by state as a PNG; below, their learning curves and the rungs.

    A line through the trials shows the best value so far.

    Args:
        path: Where the PNG goes; its folder is made.
        value_label: The metric with its unit.
        rungs: Epochs at which trials were stopped.
        goal: Which way a value is better.
        baselines: Values of the rivals by name, the best one first.
        best: The trial whose curve stands out.
        won: Whether it is the champion, which is not always the one with the best value.
        fronts: Of a study of several goals, the trials by each goal beside the metric.
    """
    import numpy as np

    values = [trial.value for trial in trials if trial.value is not None]
    values += [value for trial in trials for value in trial.curve.values()]
    finite = np.array([value for value in values if np.isfinite(value)])
    log = bool(finite.size and finite.min() > 0 and finite.max() / finite.min() > 30)
    with style.drawing(path, rows=2 + len(fronts), height=3.9) as (above, below, *others):
        for axes in (above, below):
            if log:
                axes.set_yscale("log")
            axes.set_ylabel(value_label, color=style.INK)
        first = next((trial for trial in trials if trial.number == best), None)
        _trials(above, trials, goal)
        if won and first is not None and _is_number(first.value):
            (star,) = above.plot(first.number, first.value, "*", color=style.BLUE, zorder=5)
            star.set(markersize=13, markeredgecolor="white")
            star.set_label(f"champion: trial {first.number}")
        _curves(below, trials, rungs, first, won=won)
        for axes in (above, below):
            _robust_limit(axes, finite, log, goal)
            style.whole_numbers(axes)
        _baselines(above, baselines or {})
        above.set_xlabel("trial", color=style.INK)
        below.set_xlabel("epoch", color=style.INK)
        style.heading(above, title)
        style.heading(below, f"Learning curves{_leaving(below, trials)}")
        for axes, front in zip(others, fronts, strict=True):
            front.draw(axes, value_label, best if won else None)


def _is_number(value: float | None) -> TypeGuard[float]:
    """Whether a trial has a value, and one that can be drawn."""
    return value is not None and math.isfinite(value)


def _trials(axes: Axes, trials: Sequence[TrialPoint], goal: Goal) -> None:
    """Draw the value of each trial over its number, and the best so far as a line of steps."""
    for state, (color, marker) in _MARKS.items():
        group = [trial for trial in trials if trial.state == state]
        if group:
            here = {t.number: t.value for t in group if _is_number(t.value)}
            label = f"{state} ({len(group)})"
            axes.plot(
                list(here), list(here.values()), marker, color=color, markersize=5, label=label
            )
    able = [t for t in trials if _is_number(t.value) and t.state not in ("diverged", "failed")]
    able.sort(key=lambda trial: trial.number)
    numbers = [trial.number for trial in able]
    values = (trial.value for trial in able if trial.value is not None)
    steps = list(accumulate(values, lambda *both: goal.best(both)))
    if steps:
        numbers.append(max(trial.number for trial in trials))
        steps.append(steps[-1])
        axes.step(numbers, steps, where="post", color=style.INK, linewidth=1.4, label="best so far")


def _curves(
    axes: Axes,
    trials: Sequence[TrialPoint],
    rungs: Sequence[int],
    first: TrialPoint | None,
    *,
    won: bool,
) -> None:
    """Draw the learning curves, that of the best trial or champion last, and lines at the rungs.

    Arguments are those of `draw_study`; `first` is its trial `best`.
    """
    from matplotlib.collections import LineCollection

    shown = [trial for trial in trials if trial.curve and trial is not first]
    colors = {one.state: _MARKS.get(one.state, (style.GREY, "o"))[0] for one in shown}
    thin: dict[str, Any] = {"linewidth": 0.8, "alpha": 0.45}
    for state, color in colors.items():
        axes.plot([], [], color=color, label=state, **thin)  # what the legend shows
    # All of them as one object: a thousand lines of their own take matplotlib a second longer.
    points = [list(zip(*_points(trial.curve), strict=True)) for trial in shown]
    axes.add_collection(LineCollection(points, colors=[colors[one.state] for one in shown], **thin))
    axes.autoscale_view()
    if first is not None and first.curve:
        label = f"{'champion' if won else 'best'}: trial {first.number}"
        axes.plot(*_points(first.curve), color=style.INK, linewidth=2.0, label=label)
    for index, rung in enumerate(rungs if len(rungs) <= MOST_RUNGS else ()):
        label = "rung" if index == 0 else "_"
        axes.axvline(rung, color=style.GREY, linewidth=0.9, linestyle=(0, (2, 3)), label=label)


def _points(curve: Mapping[int, float]) -> tuple[list[int], list[float]]:
    """Epochs and values of a curve; values that are not finite break its line."""
    epochs = sorted(curve)
    return epochs, [curve[epoch] for epoch in epochs]


def _robust_limit(axes: Axes, finite: NDArray[np.float64], log: bool, goal: Goal) -> None:
    """Limit the axis of values, so that a few wild trials do not press all others onto its end.

    Args:
        finite: All finite values of the trials and their curves.
        log: Whether the axis is logarithmic.
    """
    import numpy as np

    if finite.size < 4:
        return
    low, high = np.percentile(finite, [2, 98])
    if goal is Goal.MINIMIZE:
        low = finite.min()
    else:
        high = finite.max()
    if not high > low:
        return
    if log:
        factor = (high / low) ** 0.06
        axes.set_ylim(low / factor, high * factor)
    else:
        room = 0.06 * (high - low)
        axes.set_ylim(low - room, high + room)


def _leaving(axes: Axes, trials: Sequence[TrialPoint]) -> str:
    """How many curves leave the picture, as the end of a title; empty where none does."""
    low, high = axes.get_ylim()
    curves = [[one for one in trial.curve.values() if math.isfinite(one)] for trial in trials]
    curves = [curve for curve in curves if curve]
    off = sum(max(curve) > high or min(curve) < low for curve in curves)
    return f": {off:,} of {len(curves):,} leave the picture" if off else ""


def _baselines(axes: Axes, baselines: Mapping[str, float]) -> None:
    """Draw the best baselines as lines; the legend also names those outside of the picture."""
    low, high = axes.get_ylim()
    for (name, value), dashes in zip(baselines.items(), _DASHES, strict=False):
        inside = low <= value <= high
        label = f"{style.shortened(name, MOST_NAME)}: {value:.3g}"
        label += "" if inside else " (off the scale)"
        line = axes.axhline(value) if inside else axes.plot([], [])[0]
        line.set(color=style.GREEN, linewidth=1.3, linestyle=(0, dashes), label=label)
    if (more := len(baselines) - len(_DASHES)) > 0:
        axes.plot([], [], " ", label=f"and {more} more baselines")
