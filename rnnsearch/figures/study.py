"""The picture of a study: its trials, their learning curves, and the baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from rnnsearch.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    drawing,
    heading,
    shortened,
    whole_numbers,
)
from rnnsearch.goal import Goal

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_MARKS = {
    "complete": (BLUE, "o"),
    "pruned": (GREY, "v"),
    "diverged": (PURPLE, "x"),
    "failed": (ORANGE, "x"),
}

_DASHES = ((5, 3), (1, 2), (7, 2, 1, 2), (9, 4), (3, 2, 1, 2, 1, 2), (2, 4))
MOST_RUNGS = 16
"""Of a rule that decides more often, lines at its rungs would hide the curves."""
MOST_NAME = 40
"""Characters of a baseline's name in a legend."""


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One ended trial as the study's picture needs it.

    Attributes:
        value: The study's metric, the best that the trial reached; None puts it on the edge.
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
) -> None:
    """All trials by state with the best so far; below, their learning curves and the rungs.

    Args:
        value_label: The metric with its unit.
        rungs: Epochs at which trials were stopped.
        goal: Which way a value is better.
        baselines: Values of the rivals by name, the best one first.
        best: The trial whose curve stands out.
        won: Whether it is the champion, which is not always the one with the best value.
    """
    import numpy as np

    values = [trial.value for trial in trials if trial.value is not None]
    values += [value for trial in trials for value in trial.curve.values()]
    finite = np.array([value for value in values if np.isfinite(value)])
    log = bool(finite.size and finite.min() > 0 and finite.max() / finite.min() > 30)
    with drawing(path, rows=2, height=3.9) as (above, below):
        for axes in (above, below):
            if log:
                axes.set_yscale("log")
            axes.set_ylabel(value_label, color=INK)
        first = next((trial for trial in trials if trial.number == best), None)
        _trials(above, trials, goal)
        if won and first is not None and _is_number(first.value):
            above.plot(
                *(first.number, first.value, "*"),
                color=BLUE,
                markersize=13,
                markeredgecolor="white",
                label=f"champion: trial {first.number}",
                zorder=5,
            )
        _curves(below, trials, rungs, first, won=won)
        for axes in (above, below):
            _robust_limit(axes, finite, log, goal)
            whole_numbers(axes)
        _baselines(above, baselines or {})
        above.set_xlabel("trial", color=INK)
        below.set_xlabel("epoch", color=INK)
        heading(above, title)
        heading(below, "Learning curves")


def _is_number(value: float | None) -> TypeGuard[float]:
    return value is not None and math.isfinite(value)


def _trials(axes: Axes, trials: Sequence[TrialPoint], goal: Goal) -> None:
    for state, (color, marker) in _MARKS.items():
        group = [trial for trial in trials if trial.state == state]
        if not group:
            continue
        here = [(t.number, t.value) for t in group if _is_number(t.value)]
        axes.plot(
            [number for number, _ in here],
            [value for _, value in here],
            marker,
            color=color,
            markersize=5,
            label=f"{state} ({len(group)})",
        )
    able = [t for t in trials if _is_number(t.value) and t.state not in ("diverged", "failed")]
    able.sort(key=lambda trial: trial.number)
    numbers = [trial.number for trial in able]
    values = (trial.value for trial in able if trial.value is not None)
    steps = list(accumulate(values, lambda *both: goal.best(both)))
    if steps:
        numbers.append(max(trial.number for trial in trials))
        steps.append(steps[-1])
        axes.step(numbers, steps, where="post", color=INK, linewidth=1.4, label="best so far")


def _curves(
    axes: Axes,
    trials: Sequence[TrialPoint],
    rungs: Sequence[int],
    first: TrialPoint | None,
    *,
    won: bool,
) -> None:
    named: set[str] = set()
    for trial in trials:
        if not trial.curve or trial is first:
            continue
        color = _MARKS.get(trial.state, (GREY, "o"))[0]
        label = trial.state if trial.state not in named else "_"
        named.add(trial.state)
        axes.plot(*_points(trial.curve), color=color, linewidth=0.8, alpha=0.45, label=label)
    if first is not None and first.curve:
        label = f"{'champion' if won else 'best'}: trial {first.number}"
        axes.plot(*_points(first.curve), color=INK, linewidth=2.0, label=label)
    for index, rung in enumerate(rungs if len(rungs) <= MOST_RUNGS else ()):
        label = "rung" if index == 0 else "_"
        axes.axvline(rung, color=GREY, linewidth=0.9, linestyle=(0, (2, 3)), label=label)


def _points(curve: Mapping[int, float]) -> tuple[list[int], list[float]]:
    """Epochs and values; not-finite values break the line, as they should."""
    epochs = sorted(curve)
    return epochs, [curve[epoch] for epoch in epochs]


def _robust_limit(axes: Axes, finite: NDArray[np.float64], log: bool, goal: Goal) -> None:
    """A few wild trials must not press all others onto the axis."""
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


def _baselines(axes: Axes, baselines: Mapping[str, float]) -> None:
    """The best rivals as lines; the legend names those too that lie outside of the picture."""
    low, high = axes.get_ylim()
    for (name, value), dashes in zip(baselines.items(), _DASHES, strict=False):
        inside = low <= value <= high
        said = f": {value:.3g}" + ("" if inside else " (off the scale)")
        look: dict[str, Any] = {
            "color": GREEN,
            "linewidth": 1.3,
            "linestyle": (0, dashes),
            "label": shortened(name, MOST_NAME) + said,
        }
        if inside:
            axes.axhline(value, **look)
        else:
            axes.plot([], [], **look)
    if (more := len(baselines) - len(_DASHES)) > 0:
        axes.plot([], [], " ", label=f"and {more} more baselines")
