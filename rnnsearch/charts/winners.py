"""The learning curves of a few trials, each with a colour of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.point import spread_out
from rnnsearch.charts.scale import value_axis
from rnnsearch.charts.style import DASHES, plain
from rnnsearch.figures.style import CURVES, shortened
from rnnsearch.goal import Goal

HEIGHT = 340
MOST_EPOCHS = 1000
"""Points of a curve."""


def winners_chart(curves: Mapping[str, Mapping[int, float]], *, metric: str, goal: Goal) -> Chart:
    """A curve for each name.

    Args:
        curves: Values by epoch.
        metric: Their metric with its unit.
    """
    values = [list(curve.values()) for curve in curves.values()]
    every = [one for curve in values for one in curve]
    axis, off = value_axis(every, goal, metric, height=HEIGHT, curves=values)
    traces = []
    for place, (name, curve) in enumerate(curves.items()):
        epochs = sorted(curve)
        kept = [epochs[at] for at in spread_out(len(epochs), MOST_EPOCHS)]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(kept) < 40 else "lines",
                "name": plain(shortened(name, 40)),
                "x": np.array(kept),
                "y": np.array([curve[epoch] for epoch in kept]),
                "line": {
                    "color": CURVES[place % len(CURVES)],
                    "dash": DASHES[place // len(CURVES) % len(DASHES)],
                    "width": 2,
                },
                "hovertemplate": f"epoch %{{x}}: %{{y:.4g}}<extra>{plain(name)}</extra>",
            }
        )
    return Chart(
        traces=traces,
        layout={"xaxis": {"title": {"text": "epoch"}}, "yaxis": axis},
        about=f"{metric} by epoch",
        height=HEIGHT,
        thinned=[off] if off else [],
    )
