"""The trials of one cell beside those of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.point import TrialPoint, ranked, thinned
from rnnsearch.charts.scale import value_axis
from rnnsearch.charts.style import plain
from rnnsearch.figures.style import BLUE, INK, shortened
from rnnsearch.goal import Goal

HEIGHT = 360
MOST_POINTS = 150
"""Marks of a cell: of its best trials, and an even choice of the others."""


def cells_chart(
    groups: Sequence[tuple[str, Sequence[TrialPoint]]], *, metric: str, goal: Goal
) -> Chart:
    """A box for each cell, from its first to its third quartile, beside marks of its trials.

    Args:
        groups: The name of each cell and its trials.
        metric: The study's metric with its unit.
    """
    traces: list[dict[str, Any]] = []
    every: list[float] = []
    drawn = total = 0
    for place, (name, trials) in enumerate(groups):
        usable = ranked(trials)
        values = np.array([one.finite for one in usable], dtype=np.float64)
        if not values.size:
            continue
        every += values.tolist()
        order = sorted(usable, key=lambda one: (goal.cost(one.finite or 0.0), one.number))
        kept = thinned(usable, MOST_POINTS, [one.number for one in order])
        drawn, total = drawn + len(kept), total + len(usable)
        ends = {"lowerfence": values.min(), "upperfence": values.max()}
        quartiles = dict(
            zip(("q1", "median", "q3"), np.percentile(values, (25, 50, 75)), strict=True)
        )
        traces.append(
            {
                "type": "box",
                "name": plain(shortened(name, 24)),
                "x": [place],
                **{key: [float(value)] for key, value in {**ends, **quartiles}.items()},
                "width": 0.3,
                "line": {"color": INK, "width": 1.5},
                "fillcolor": "rgba(0,114,178,0.25)",
                "hoverinfo": "y",
            }
        )
        rng = np.random.default_rng(0)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": place + 0.33 + rng.uniform(-0.08, 0.08, len(kept)),
                "y": np.array([one.finite for one in kept]),
                "customdata": np.array([one.number for one in kept]),
                "marker": {"color": BLUE, "size": 4, "opacity": 0.6},
                "hovertemplate": f"{plain(name)}, trial %{{customdata}}: %{{y:.4g}}<extra></extra>",
            }
        )
    axis, off = value_axis(every, goal, metric, height=HEIGHT)
    marks = f"{drawn:,} of {total:,} trials have a mark; the boxes are of all."
    return Chart(
        traces=traces,
        layout={
            "xaxis": {
                "tickvals": list(range(len(groups))),
                "ticktext": [plain(shortened(name, 24)) for name, _ in groups],
                "title": {"text": "cell"},
                "range": [-0.4, len(groups) - 0.4],
            },
            "yaxis": axis,
            "showlegend": False,
        },
        about=f"{metric} of the trials of each cell",
        height=HEIGHT,
        thinned=[*([marks] if drawn < total else []), *([off] if off else [])],
    )
