"""The course of a training."""

from __future__ import annotations

from itertools import cycle

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.scale import LOG
from rnnsearch.charts.style import plain
from rnnsearch.charts.task_pictures.block import Block, arranged, axis_title
from rnnsearch.figures.curves import MOST_DOTTED, Axis, Curves
from rnnsearch.figures.style import CURVES, shortened

FEW_EPOCHS = 9
"""Epochs up to which each has its tick; plotly puts some between two epochs else."""

MOST_LEGEND = 40
"""Characters of a curve's name."""


def curves_chart(curves: Curves) -> Chart:
    """Each axis of the training's curves in a row, with the kept epoch."""
    colors = cycle(CURVES)
    blocks = [_block(axis, [next(colors) for _ in axis.curves], curves) for axis in curves.axes]
    traces, layout, height = arranged(blocks)
    return Chart(
        traces=traces,
        layout=layout,
        height=height,
        about="losses and metrics of a training by epoch",
        thinned=[f"Dotted: epoch {curves.kept}, whose weights are the model."] * bool(curves.kept),
    )


def _block(axis: Axis, colors: list[str], curves: Curves) -> Block:
    traces = []
    for (name, known), color in zip(axis.known().items(), colors, strict=True):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers" if len(known) <= MOST_DOTTED else "lines",
                "name": plain(shortened(name, MOST_LEGEND)),
                "x": list(known),
                "y": list(known.values()),
                "line": {"color": color, "width": 1.8},
                "marker": {"size": 5},
                "showlegend": len(axis.curves) > 1 or len(curves.axes) == 1,
            }
        )
    return Block(
        name=axis.label,
        traces=traces,
        xaxis={
            **axis_title("epoch"),
            "range": list(curves.epochs()),
            **({"dtick": 1} if curves.epochs()[1] < FEW_EPOCHS else {}),
        },
        yaxis=dict(LOG) if axis.is_wide() else {},
        lines=[curves.kept] if curves.kept else [],
    )
