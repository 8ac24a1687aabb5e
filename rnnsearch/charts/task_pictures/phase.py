"""A phase portrait; of three features in space, which a reader turns."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import LINES
from rnnsearch.charts.task_pictures.block import axis_title
from rnnsearch.figures.phase import PhasePortrait
from rnnsearch.figures.style import GREY, INK, MOST_DOTS, ORANGE

CAMERA = {"eye": {"x": 1.5, "y": 1.75, "z": 0.7}}
"""From where a reader sees it first."""

_LETTERS = ("x", "y", "z")


def phase_chart(portrait: PhasePortrait) -> Chart:
    """The path of the truth and that of the rollout."""
    deep = len(portrait.names) > 2
    ranges = [list(each) for each in portrait.ranges()]
    traces = [
        _path("truth", portrait.truth, GREY, deep),
        _path("prediction", portrait.prediction, ORANGE, deep),
        {
            **_path("the last given point", portrait.prediction[:1], INK, deep),
            "mode": "markers",
            "marker": {"size": 5 if deep else 9, "color": INK},
        },
    ]
    axes = {
        f"{letter}axis": {**axis_title(name), "range": limits}
        for letter, name, limits in zip(_LETTERS, portrait.names, ranges, strict=False)
    }
    layout: dict[str, Any] = axes
    if deep:
        plain = {
            "backgroundcolor": "#ffffff",
            "gridcolor": LINES,
            "color": INK,
            "showspikes": False,
        }
        scene = {letter: {**axis, **plain} for letter, axis in axes.items()}
        layout = {
            "scene": {**scene, "aspectmode": "cube", "camera": CAMERA},
            "margin": {"l": 0, "r": 0, "b": 0},
        }
    return Chart(
        traces=traces,
        layout=layout,
        height=460,
        about=f"the path of the signal and of its rollout through {', '.join(portrait.names)}",
    )


def _path(name: str, points: Any, color: str, deep: bool) -> dict[str, Any]:
    values = np.asarray(points, dtype=np.float64)
    dots = len(values) <= MOST_DOTS and not deep
    axes = {letter: values[:, at] for at, letter in enumerate(_LETTERS[: values.shape[1]])}
    return {
        "type": "scatter3d" if deep else "scatter",
        "mode": "lines+markers" if dots else "lines",
        "name": name,
        **axes,
        "line": {"color": color, "width": 3 if deep else 1.6},
        "marker": {"size": 4, "color": color},
    }
