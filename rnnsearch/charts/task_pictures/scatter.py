"""Predicted numbers over the true ones, and their errors."""

from __future__ import annotations

from typing import Any

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.task_pictures.block import Block, arranged, axis_title
from rnnsearch.figures.scatter import Scatter
from rnnsearch.figures.style import BLUE, GREY


def scatter_chart(scatter: Scatter) -> Chart:
    """The predictions above, their errors below."""
    actual, predicted = scatter.points()
    dots: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": actual,
        "marker": {"size": 6, "color": BLUE, "opacity": 0.55},
        "showlegend": False,
    }
    ends = [float(actual.min()), float(actual.max())] if len(actual) else []
    line = {"type": "scatter", "mode": "lines", "x": ends, "line": {"color": GREY, "width": 1.2}}
    across = axis_title(f"true {scatter.quantity}")
    blocks = [
        Block(
            name="predictions",
            traces=[
                {**line, "y": ends, "name": "predicted = true"},
                {**dots, "y": predicted, "name": "prediction"},
            ],
            xaxis=across,
            yaxis=axis_title(f"predicted {scatter.quantity}"),
        ),
        Block(
            name="errors: predicted \u2212 true",
            traces=[{**dots, "y": predicted - actual, "name": "error"}],
            xaxis=across,
            yaxis={**axis_title("error"), "zeroline": True, "zerolinecolor": GREY},
        ),
    ]
    traces, layout, height = arranged(blocks)
    return Chart(
        traces=traces,
        layout=layout,
        height=height + 140,
        about=f"predicted {scatter.quantity} over the true one",
        thinned=[f"{scatter.words().capitalize()}."],
    )
