"""Parallel coordinates: a line for each trial through all of its parameters and its value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.point import TrialPoint, ranked
from rnnsearch.charts.scale import is_log
from rnnsearch.charts.style import LINE_SCALE
from rnnsearch.figures.style import INK
from rnnsearch.goal import Goal

MOST = 12
"""Parameters that have an axis; the first ones."""
MOST_LINES = 500
"""Trials that have a line; the best ones, and an even choice of the others. More hide one another,
and without a graphics card a browser takes seconds for each thousand."""


def parallel_chart(
    trials: Sequence[TrialPoint], dimensions: Sequence[Dimension], *, metric: str, goal: Goal
) -> Chart:
    """A line for each trial that has a value; the page draws as many axes as its width holds.

    Args:
        dimensions: The parameters, the most telling ones first.
        metric: The study's metric.
    """
    usable = sorted(ranked(trials), key=lambda one: goal.cost(one.finite or 0.0), reverse=True)
    usable = _kept(usable)
    values = np.array([one.finite for one in usable], dtype=np.float64)
    log = is_log(values)
    drawn = np.log10(values) if log else values
    low, high = (float(drawn.min()), float(drawn.max())) if drawn.size else (0.0, 1.0)
    first: dict[str, Any] = {"label": metric, "values": drawn}
    if (ticks := Dimension(key=metric, log=log).ticks(low, high)) is not None:
        first["tickvals"], first["ticktext"] = ticks
    axes = [first, *(_axis(one, usable) for one in dimensions[:MOST])]
    thin = []
    count = len(ranked(trials))
    if len(usable) < count:
        thin.append(
            f"{len(usable):,} of {count:,} trials have a line: the best, and an even "
            "choice of the others."
        )
    if len(dimensions) > MOST:
        thin.append(f"{MOST} of {len(dimensions)} parameters have an axis.")
    if (without := len(trials) - count) > 0:
        thin.append(f"{without:,} trials that diverged, failed or have no value yet have none.")
    return Chart(
        traces=[
            {
                "type": "parcoords",
                "dimensions": axes,
                "line": {
                    "color": np.linspace(1, 0, len(usable)),  # by rank: values crowd at one end
                    "colorscale": LINE_SCALE,
                    "showscale": False,
                },
                "labelfont": {"size": 12, "color": INK},
                "tickfont": {"size": 11, "color": INK},
                "rangefont": {"size": 1, "color": "rgba(0,0,0,0)"},
                "labelangle": -18,
                "labelside": "top",
            }
        ],
        layout={"margin": {"l": 64, "r": 64, "t": 96, "b": 24, "autoexpand": False}},
        about=f"a line for each of {len(usable)} trials through its parameters and its {metric}",
        height=460,
        thinned=thin,
    )


def _kept(worst_first: Sequence[TrialPoint]) -> list[TrialPoint]:
    """The trials that have a line, the best ones last, so that they lie on top."""
    if len(worst_first) <= MOST_LINES:
        return list(worst_first)
    half = MOST_LINES // 2
    rest = worst_first[:-half]
    stride = len(rest) / half
    return [*(rest[int(at * stride)] for at in range(half)), *worst_first[-half:]]


def _axis(dimension: Dimension, trials: Sequence[TrialPoint]) -> dict[str, Any]:
    """One parameter; trials that do not have it lie below all others, at a place called so."""
    places = np.array([dimension.position(one.params) for one in trials])
    low, high = dimension.span(places)
    ticks = dimension.ticks(low, high)
    axis: dict[str, Any] = {"label": dimension.title}
    if np.isnan(places).any():
        if ticks is None:
            marks = np.linspace(low, high, 5)
            ticks = list(marks), [f"{mark:.3g}" for mark in marks]
        under = low - (1.0 if dimension.members is not None else 0.15 * (high - low) or 0.5)
        places = np.where(np.isnan(places), under, places)
        ticks = [under, *ticks[0]], ["not sampled", *ticks[1]]
        low = under
    if high == low:
        low, high = low - 0.5, high + 0.5
    if ticks is not None:
        axis["tickvals"], axis["ticktext"] = ticks
    return {**axis, "values": places, "range": [low, high]}
