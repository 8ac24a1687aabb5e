"""Pictures of studies and of curves, from plain tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, cycle
from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

from rnnsearch.records.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SKY,
    drawing,
    heading,
    shortened,
)
from rnnsearch.tasks.standing import standing

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from rnnsearch.tasks.base import Goal

_MARKS = {
    "complete": (BLUE, "o"),
    "pruned": (GREY, "v"),
    "diverged": (PURPLE, "x"),
    "failed": (ORANGE, "x"),
}

_DASHES = ((5, 3), (1, 2), (7, 2, 1, 2), (9, 4), (3, 2, 1, 2, 1, 2), (2, 4))
MOST_BASELINES = len(_DASHES)
MOST_NAME = 40
"""Characters of a baseline's name in a legend."""


@dataclass(frozen=True, slots=True)
class TrialPoint:
    """One ended trial as the study's picture needs it.

    Attributes:
        value: The study's metric, the best that the trial reached; None puts it on the edge.
        curve: The metric by epoch.
        loss: The task's own loss at its best, which parts equal values; None where not known.
    """

    number: int
    state: str
    value: float | None
    curve: Mapping[int, float]
    loss: float | None = None


def draw_curve(
    curves: Mapping[str, Mapping[int, float]],
    path: Path,
    *,
    title: str,
    value_label: str,
    log: bool = False,
) -> None:
    """One trial's metrics over its epochs, in one PNG.

    Args:
        curves: {name: {epoch: value}}, at most six; values that are not finite are left out.
        value_label: What is measured, with its unit.
        log: A logarithmic axis, for positive values that span decades.
    """
    with drawing(path) as (axes,):
        plot_curves(axes, curves)
        if log:
            axes.set_yscale("log")
        axes.set_xlabel("epoch", color=INK)
        axes.set_ylabel(value_label, color=INK)
        heading(axes, title)


def plot_curves(axes: Axes, curves: Mapping[str, Mapping[int, float]]) -> None:
    """Values over epochs; see `draw_curve`."""
    import numpy as np

    for (name, curve), color in zip(
        curves.items(), (BLUE, ORANGE, GREEN, PURPLE, SKY, GREY), strict=False
    ):
        epochs = np.array(sorted(curve))
        values = np.array([curve[epoch] for epoch in sorted(curve)], dtype=float)
        seen = np.isfinite(values)
        marker = "o" if seen.sum() <= 40 else None
        axes.plot(
            *(epochs[seen], values[seen]),
            color=color,
            linewidth=1.6,
            marker=marker,
            markersize=3.5,
            label=name,
        )
    _whole_numbers(axes)


def draw_study(
    trials: Sequence[TrialPoint],
    path: Path,
    *,
    title: str,
    value_label: str,
    goal: Goal = "minimize",
    rungs: Sequence[int] = (),
    baselines: Mapping[str, float] | None = None,
    champion: int | None = None,
) -> None:
    """All trials by state with the best so far; below, their learning curves and the rungs.

    Args:
        value_label: The metric with its unit.
        rungs: Epochs at which trials were stopped.
        baselines: Values of the rivals, by name.
        champion: The trial that won, which is not always the one with the best value.
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
        winner = next((trial for trial in trials if trial.number == champion), None)
        _trials(above, trials, goal)
        if winner is not None and _is_number(winner.value):
            above.plot(
                *(winner.number, winner.value, "*"),
                color=BLUE,
                markersize=13,
                markeredgecolor="white",
                label=f"champion: trial {winner.number}",
                zorder=5,
            )
        _curves(below, trials, rungs, winner or leader(trials, goal), won=winner is not None)
        for axes in (above, below):
            _robust_limit(axes, finite, log, goal)
            _whole_numbers(axes)
        _baselines(above, baselines or {}, goal)
        above.set_xlabel("trial", color=INK)
        below.set_xlabel("epoch", color=INK)
        heading(above, title)
        heading(below, "Learning curves")


def leader(trials: Sequence[TrialPoint], goal: Goal) -> TrialPoint | None:
    """The first of the leaderboard: the best value of the trials that completed or were stopped."""
    able = [trial for trial in trials if _can_win(trial)]
    return min(
        able,
        key=lambda trial: (standing(goal, trial.value, trial.loss), trial.number),
        default=None,
    )


def _can_win(trial: TrialPoint) -> bool:
    return _is_number(trial.value) and trial.state not in ("diverged", "failed")


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
    able = sorted((trial for trial in trials if _can_win(trial)), key=lambda trial: trial.number)
    numbers = [trial.number for trial in able]
    better = min if goal == "minimize" else max
    steps = list(accumulate((trial.value for trial in able if trial.value is not None), better))
    if steps:
        numbers.append(max(trial.number for trial in trials))
        steps.append(steps[-1])
        axes.step(numbers, steps, where="post", color=INK, linewidth=1.4, label="best so far")


def _curves(
    axes: Axes,
    trials: Sequence[TrialPoint],
    rungs: Sequence[int],
    winner: TrialPoint | None,
    *,
    won: bool,
) -> None:
    named: set[str] = set()
    for trial in trials:
        if not trial.curve or trial is winner:
            continue
        color = _MARKS.get(trial.state, (GREY, "o"))[0]
        label = trial.state if trial.state not in named else "_"
        named.add(trial.state)
        axes.plot(*_points(trial.curve), color=color, linewidth=0.8, alpha=0.45, label=label)
    if winner is not None and winner.curve:
        label = f"{'champion' if won else 'best'}: trial {winner.number}"
        axes.plot(*_points(winner.curve), color=INK, linewidth=2.0, label=label)
    for index, rung in enumerate(rungs):
        label = "rung" if index == 0 else "_"
        axes.axvline(rung, color=GREY, linewidth=0.9, linestyle=(0, (2, 3)), label=label)


def _points(curve: Mapping[int, float]) -> tuple[list[int], list[float]]:
    """Epochs and values; not-finite values break the line, as they should."""
    epochs = sorted(curve)
    return epochs, [curve[epoch] for epoch in epochs]


def _robust_limit(axes: Axes, finite: NDArray[np.float64], log: bool, goal: str) -> None:
    """A few wild trials must not press all others onto the axis."""
    import numpy as np

    if finite.size < 4:
        return
    low, high = np.percentile(finite, [2, 98])
    if goal == "minimize":
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


def _baselines(axes: Axes, baselines: Mapping[str, float], goal: Goal) -> None:
    """The best rivals as lines; the legend names those too that lie outside of the picture."""
    low, high = axes.get_ylim()
    ranked = sorted(baselines, key=lambda name: standing(goal, baselines[name]))
    for name, dashes in zip(ranked, cycle(_DASHES), strict=False):
        value = baselines[name]
        if ranked.index(name) == MOST_BASELINES:
            axes.plot([], [], " ", label=f"and {len(ranked) - MOST_BASELINES} more baselines")
            return
        inside = low <= value <= high
        said = f": {value:.3g}" + ("" if inside else " (off the scale)")
        label = shortened(name, MOST_NAME) + said
        if inside:
            axes.axhline(value, color=GREEN, linewidth=1.3, linestyle=(0, dashes), label=label)
        else:
            axes.plot([], [], color=GREEN, linewidth=1.3, linestyle=(0, dashes), label=label)


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
