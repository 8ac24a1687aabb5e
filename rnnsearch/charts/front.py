"""The trials of a study by two of its goals, with those that no other beats in every goal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.point import spread_out
from rnnsearch.charts.scale import LOG, is_log, value_axis
from rnnsearch.charts.style import plain
from rnnsearch.figures.style import BLUE, GREY, ORANGE, shortened
from rnnsearch.goal import Goal

HEIGHT = 360
MOST = 2000
"""Trials behind the front that are drawn."""


@dataclass(frozen=True, slots=True)
class GoalPoint:
    """A trial by two goals.

    Attributes:
        name: Such as `trial-0007-lstm`.
        across: Its value in the other goal.
        value: Its value of the study's metric.
        first: Whether it is in the first front.
        winner: Whether it is the champion's trial.
    """

    name: str
    across: float
    value: float
    first: bool
    winner: bool


def front_chart(points: Sequence[GoalPoint], *, across: str, metric: str, goal: Goal) -> Chart:
    """The metric over another goal: the front in colour, all other trials behind it.

    Args:
        across: The other goal.
        metric: The study's metric with its unit.
    """
    axis, off = value_axis([one.value for one in points], goal, metric, height=HEIGHT)
    behind = [one for one in points if not one.first]
    kept = [behind[at] for at in spread_out(len(behind), MOST)]
    winners = [one for one in points if one.winner]
    first = sorted(
        (one for one in points if one.first and not one.winner), key=lambda one: one.across
    )
    groups = (
        ("beaten in every goal by another", kept, {"color": GREY, "size": 6, "opacity": 0.5}),
        ("the front", first, {"color": BLUE, "size": 9}),
        ("the winner", winners, {"color": ORANGE, "size": 14, "symbol": "star"}),
    )
    sizes = [one.across for one in points]
    hidden = len(behind) - len(kept)
    return Chart(
        traces=[_trace(name, some, marker, across) for name, some, marker in groups if some],
        layout={
            "xaxis": {"title": {"text": plain(across)}, **(LOG if is_log(sizes) else {})},
            "yaxis": axis,
        },
        about=f"{metric} over {across}: the front, and the trials behind it",
        height=HEIGHT,
        thinned=[
            *([off] if off else []),
            *([f"{hidden:,} trials behind the front are not drawn."] if hidden else []),
        ],
    )


def _trace(
    name: str, points: Sequence[GoalPoint], marker: dict[str, Any], across: str
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": np.array([one.across for one in points]),
        "y": np.array([one.value for one in points]),
        "text": [plain(shortened(one.name, 40)) for one in points],
        "marker": marker,
        "hovertemplate": f"%{{text}}: %{{y:.4g}}, {plain(across)} %{{x:.4g}}<extra></extra>",
    }
