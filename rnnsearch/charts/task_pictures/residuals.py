"""A forecaster's errors, by steps ahead or along time."""

from __future__ import annotations

from typing import Any

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.task_pictures.block import Block, arranged, axis_title
from rnnsearch.figures.residuals import INSIDE, Errors, Residuals
from rnnsearch.figures.style import BLUE, MOST_DOTS


def residuals_chart(residuals: Residuals) -> Chart:
    """The median error of each quantity and the band of most errors."""
    traces, layout, height = arranged([_block(one) for one in residuals.shown])
    return Chart(
        traces=traces,
        layout=layout,
        height=height,
        about=f"errors of the predictions of {len(residuals.shown)} quantities",
        thinned=[f"Shown: {residuals.more}."] if residuals.more else [],
    )


def _block(errors: Errors) -> Block:
    traces: list[dict[str, Any]] = []
    if errors.low is not None and errors.high is not None:
        band = {"type": "scatter", "mode": "lines", "x": errors.at, "line": {"width": 0}}
        traces = [
            {**band, "y": errors.high, "name": "upper end", "showlegend": False},
            {
                **band,
                "y": errors.low,
                "name": f"{INSIDE:.0%} of the errors",
                "fill": "tonexty",
                "fillcolor": "rgba(0,114,178,0.2)",
            },
        ]
    traces.append(
        {
            "type": "scatter",
            "mode": "lines+markers" if len(errors.at) <= MOST_DOTS else "lines",
            "name": "error" if errors.low is None else "median error",
            "x": errors.at,
            "y": errors.middle,
            "line": {"color": BLUE, "width": 1.6},
            "marker": {"size": 5},
        }
    )
    return Block(
        name=errors.name or errors.up,
        traces=traces,
        xaxis=axis_title(errors.along),
        yaxis={**axis_title(f"error of {errors.up}"), "zeroline": True, "zerolinecolor": "#333333"},
    )
