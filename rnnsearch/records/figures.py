"""Pictures of rollouts and studies, from arrays and plain tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

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


def draw_rollout(
    arrays: Mapping[str, NDArray[Any]],
    path: Path,
    *,
    title: str,
    labels: tuple[str, str] = ("time (radians)", "value"),
) -> None:
    """Truth as dots and line, the model's own continuation as dots, in one PNG.

    Args:
        arrays: `time`, `truth` and the mask `warmup` (points fed to the model), all (points,);
            `prediction_time` and `prediction`, (steps,); the steps may go beyond the truth.
        path: Where the PNG goes; its folder is made.
        labels: Of the axes, along and up.
    """
    time, truth = arrays["time"], arrays["truth"]
    fed = arrays["warmup"].astype(bool)
    with drawing(path, height=3.9) as (axes,):
        axes.plot(time, truth, color=GREY, linewidth=1.4, zorder=2)
        axes.plot(time, truth, "o", color=GREY, markersize=4.5, label="truth", zorder=2)
        axes.plot(
            *(arrays["prediction_time"], arrays["prediction"]),
            "o",
            color=ORANGE,
            markersize=4.0,
            label="prediction",
            zorder=3,
        )
        if fed.any():
            last = float(time[fed][-1])
            first = float(time[fed][0])
            if last > first:
                axes.axvspan(first, last, color=BLUE, alpha=0.08, linewidth=0)
            points = int(fed.sum())
            axes.plot(
                time[fed],
                truth[fed],
                "o",
                color=BLUE,
                markersize=6.5,
                label=f"warm-up, {points} true point{'s' if points > 1 else ''}",
                zorder=4,
            )
        _limit(axes, truth)
        axes.set_xlabel(labels[0], color=INK)
        axes.set_ylabel(labels[1], color=INK)
        axes.margins(x=0.02)
        heading(axes, title)


def _limit(axes: Axes, truth: NDArray[Any]) -> None:
    """Keep the wave in view where a rollout runs away."""
    import numpy as np

    low, high = float(np.nanmin(truth)), float(np.nanmax(truth))
    room = max(high - low, 1e-9)
    bottom, top = axes.get_ylim()
    axes.set_ylim(max(bottom, low - room), min(top, high + room))


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
    import numpy as np

    with drawing(path) as (axes,):
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
        if log:
            axes.set_yscale("log")
        _whole_numbers(axes)
        axes.set_xlabel("epoch", color=INK)
        axes.set_ylabel(value_label, color=INK)
        heading(axes, title)


def draw_study(
    trials: Sequence[TrialPoint],
    path: Path,
    *,
    title: str,
    value_label: str,
    goal: Goal = "minimize",
    rungs: Sequence[int] = (),
    baselines: Mapping[str, float] | None = None,
) -> None:
    """All trials by state with the best so far; below, their learning curves and the rungs.

    Args:
        value_label: The metric with its unit.
        rungs: Epochs at which trials were stopped.
        baselines: Values of the rivals, by name.
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
        _trials(above, trials, goal)
        _curves(below, trials, rungs, goal)
        for axes in (above, below):
            _robust_limit(axes, finite, log, goal)
            _whole_numbers(axes)
        _baselines(above, baselines or {})
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


def _curves(axes: Axes, trials: Sequence[TrialPoint], rungs: Sequence[int], goal: Goal) -> None:
    winner = leader(trials, goal)
    named: set[str] = set()
    for trial in trials:
        if not trial.curve or trial is winner:
            continue
        color = _MARKS.get(trial.state, (GREY, "o"))[0]
        label = trial.state if trial.state not in named else "_"
        named.add(trial.state)
        axes.plot(*_points(trial.curve), color=color, linewidth=0.8, alpha=0.45, label=label)
    if winner is not None and winner.curve:
        axes.plot(
            *_points(winner.curve), color=INK, linewidth=2.0, label=f"best: trial {winner.number}"
        )
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


def _baselines(axes: Axes, baselines: Mapping[str, float]) -> None:
    low, high = axes.get_ylim()
    for (name, value), dashes in zip(baselines.items(), ((5, 3), (1, 2), (7, 2)), strict=False):
        inside = low <= value <= high
        label = f"{name}: {value:.3g}" + ("" if inside else " (off the scale)")
        if inside:
            axes.axhline(value, color=GREEN, linewidth=1.3, linestyle=(0, dashes), label=label)
        else:
            axes.plot([], [], color=GREEN, linewidth=1.3, linestyle=(0, dashes), label=label)


def _whole_numbers(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
