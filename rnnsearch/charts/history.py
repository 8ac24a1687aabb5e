"""The trials of a study in the order of their numbers, and the best value so far over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.point import TrialPoint, ranked, thinned
from rnnsearch.charts.scale import value_axis
from rnnsearch.charts.style import DASHES, STATES, mark, mark_size, plain
from rnnsearch.figures.style import GREEN, INK, shortened
from rnnsearch.goal import Goal

MOST_POINTS = 2000
"""Trials up to which each has its mark."""
HEIGHT = 430
OFF = " (off the scale)"
MOST_BASELINES = 5
"""Baselines that have a line; the best ones."""


def history_chart(
    trials: Sequence[TrialPoint],
    *,
    metric: str,
    goal: Goal,
    baselines: Mapping[str, float],
    winner: int | None,
) -> Chart:
    """Every trial's best value by its number, with the best so far and the baselines as lines.

    Args:
        metric: The study's metric with its unit.
        baselines: Their values by name, the best one first.
        winner: The number of the champion's trial.
    """
    usable = sorted(ranked(trials), key=lambda one: one.number)
    order = sorted(usable, key=lambda one: (goal.cost(one.finite or 0.0), one.number))
    kept = thinned(trials, MOST_POINTS, [one.number for one in order])
    axis, off = value_axis(
        [one.finite for one in trials if one.finite is not None], goal, metric, height=HEIGHT
    )
    traces = list(_by_state(trials, kept, metric))
    if usable:
        numbers, best = steps(usable, goal)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "best so far",
                "x": np.array([*numbers, max(one.number for one in trials)]),
                "y": np.array([*best, best[-1]]),
                "line": {"color": INK, "width": 1.8, "shape": "hv"},
                "hovertemplate": "best so far at trial %{x}: %{y:.4g}<extra></extra>",
            }
        )
    star = next((one for one in trials if one.number == winner and one.finite is not None), None)
    if star is not None:
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": f"winner: trial {winner}",
                "x": [star.number],
                "y": [star.finite],
                "marker": {**mark("complete", 15), "symbol": "star"},
                "hovertemplate": f"winner, trial {winner}: %{{y:.4g}}<extra></extra>",
            }
        )
    end = max((one.number for one in trials), default=0)
    traces += baseline_lines(baselines, 0, end, axis)
    left_out = (
        [
            f"{len(kept):,} of {len(trials):,} trials have a mark: the best ones, and an even "
            "choice of the others."
        ]
        if len(kept) < len(trials)
        else []
    )
    return Chart(
        traces=traces,
        layout={
            "xaxis": {"title": {"text": "trial"}},
            "yaxis": axis,
            "yaxis2": {
                "overlaying": "y",
                "range": [0, 1],
                "visible": False,
                "fixedrange": True,
            },
        },
        about=f"{metric} of {len(trials)} trials by their number, with the best value so far",
        height=HEIGHT,
        thinned=[*left_out, *([off] if off else [])],
    )


def steps(usable: Sequence[TrialPoint], goal: Goal) -> tuple[list[int], list[float]]:
    """The numbers of the trials that were better than all before them, and their values."""
    numbers: list[int] = []
    best: list[float] = []
    for one in usable:
        value = one.finite
        if value is not None and (not best or goal.better(value, best[-1])):
            numbers.append(one.number)
            best.append(value)
    return numbers, best


def baseline_lines(
    baselines: Mapping[str, float], first: float, last: float, axis: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Level lines of the best baselines, each with its name and value in the legend.

    Args:
        axis: That of the values, whose range may not hold all of them.
    """
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": f"{plain(shortened(name, 32))}: {value:.4g}"
            + ("" if _inside(value, axis) else OFF),
            "x": [first, last if last > first else first + 1],
            "y": [value, value],
            "line": {"color": GREEN, "width": 1.5, "dash": dash},
            "hovertemplate": f"baseline {plain(shortened(name, 40))}: %{{y:.4g}}<extra></extra>",
        }
        for (name, value), dash in zip(baselines.items(), DASHES[1:], strict=False)
    ]


def _inside(value: float, axis: Mapping[str, Any]) -> bool:
    """Whether a value lies in the range of an axis; one without a range shows all."""
    if "range" not in axis:
        return True
    low, high = axis["range"]
    if axis["type"] == "log":
        return value > 0 and low <= math.log10(value) <= high
    return bool(low <= value <= high)


def _by_state(
    trials: Sequence[TrialPoint], kept: Sequence[TrialPoint], metric: str
) -> list[dict[str, Any]]:
    """Marks of each state's trials; one without a value stands at the upper edge."""
    traces: list[dict[str, Any]] = []
    for state in STATES:
        of_state = [one for one in trials if one.state == state]
        count = sum(one.finite is not None for one in of_state)
        here = [one for one in kept if one.state == state]
        valued = [one for one in here if one.finite is not None]
        bare = [one for one in here if one.finite is None]
        marker = mark(state, mark_size(len(trials)))
        head = {"type": "scatter", "mode": "markers", "marker": marker}
        if valued:
            traces.append(
                {
                    **head,
                    "name": f"{state} ({count:,})",
                    "x": np.array([one.number for one in valued]),
                    "y": np.array([one.finite for one in valued]),
                    "customdata": np.array([one.epoch for one in valued]),
                    "hovertemplate": f"trial %{{x}}, {state} after %{{customdata}} epochs<br>"
                    f"best {metric}: %{{y:.4g}}<extra></extra>",
                }
            )
        if bare:
            traces.append(
                {
                    **head,
                    "name": f"{state}, without a value ({len(of_state) - count:,})",
                    "x": np.array([one.number for one in bare]),
                    "y": np.full(len(bare), 0.985),
                    "yaxis": "y2",
                    "hovertemplate": f"trial %{{x}}: {state}, without a value<extra></extra>",
                }
            )
    return traces
