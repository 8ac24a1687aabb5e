"""A slice: the value of every trial over one of its parameters."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.point import TrialPoint, ranked, thinned
from rnnsearch.charts.scale import value_axis
from rnnsearch.charts.style import mark, mark_size
from rnnsearch.goal import Goal

HEIGHT = 270
MOST_POINTS = 400
"""Trials that have a mark; the best ones, and an even choice of the others."""


def slice_chart(
    trials: Sequence[TrialPoint], dimension: Dimension, *, metric: str, goal: Goal
) -> Chart:
    """A mark for each trial that has the parameter; those of one member lie side by side.

    Args:
        metric: The study's metric with its unit.
    """
    usable = [one for one in ranked(trials) if np.isfinite(dimension.position(one.params))]
    order = sorted(usable, key=lambda one: (goal.cost(one.finite or 0.0), one.number))
    kept = thinned(usable, MOST_POINTS, [one.number for one in order])
    axis, off = value_axis([one.finite or 0.0 for one in kept], goal, metric, height=HEIGHT)
    draw = random.Random(0)
    traces = []
    for state in ("pruned", "complete", "running", "waiting"):
        here = [one for one in kept if one.state == state]
        if here:
            places = [dimension.position(one.params) for one in here]
            if dimension.members is not None:
                places = [place + draw.uniform(-0.22, 0.22) for place in places]
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers",
                    "name": state,
                    "x": np.array(places),
                    "y": np.array([one.finite for one in here]),
                    "text": [f"{one.number}: {dimension.said(one.params)}" for one in here],
                    "marker": {**mark(state, mark_size(len(usable)) - 1), "opacity": 0.75},
                    "hovertemplate": f"trial %{{text}}<br>%{{y:.4g}}<extra>{state}</extra>",
                }
            )
    left = f"{len(kept):,} of {len(usable):,} trials are drawn, the best ones among them."
    return Chart(
        traces=traces,
        layout={
            "xaxis": dimension.axis([dimension.position(one.params) for one in kept]),
            "yaxis": axis,
            "showlegend": False,
        },
        about=f"{metric} over {dimension.key}",
        height=HEIGHT,
        thinned=[*([left] if len(kept) < len(usable) else []), *([off] if off else [])],
    )
