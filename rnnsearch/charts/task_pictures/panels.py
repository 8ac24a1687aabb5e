"""Predictions in time, beside the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import plain
from rnnsearch.charts.task_pictures.block import Block, arranged, axis_title, written
from rnnsearch.figures.panels import Panel, Panels
from rnnsearch.figures.style import INK, LIGHT, MOST_DOTS, ORANGE


def panels_chart(panels: Panels) -> Chart:
    """What was known of each quantity, the truth after it, and the prediction with its interval."""
    traces, layout, height = arranged([_block(panel) for panel in panels.shown])
    thinned = [f"Shown: {panels.more}."] if panels.more else []
    if any(panel.shown_from() for panel in panels.shown):
        thinned.append("Of what the model was given the last points are shown.")
    notes = [_dotted(panel) for panel in panels.shown]
    thinned += [note for note in dict.fromkeys(notes) if note][:1]
    return Chart(
        traces=traces,
        layout=layout,
        height=height,
        about=f"predictions of {len(panels.shown)} quantities beside the truth",
        thinned=thinned,
    )


def _block(panel: Panel) -> Block:
    first, behind = panel.shown_from(), panel.behind()
    after = max(behind - 1, 0)
    traces: list[dict[str, Any]] = []
    if behind > first:
        given = panel.time[first:behind], panel.truth[first:behind]
        traces.append(_trace("given", *given, LIGHT))
    traces.append(_trace("truth", panel.time[after:], panel.truth[after:], INK))
    later = panel.prediction_time
    if panel.low is not None and panel.high is not None:
        band = plain(panel.band)
        traces += [
            {**_line(later, panel.high), "showlegend": False, "name": "upper end"},
            {**_line(later, panel.low), "name": band, "fill": "tonexty"},
        ]
    traces.append(_trace("prediction", later, panel.prediction, ORANGE))
    lines = [written(panel.time[behind - 1])] if behind else []
    lines += [written(later[step - 1]) for step in _ends(panel)]
    limits = panel.limits(first)
    return Block(
        name=panel.name or panel.up,
        traces=traces,
        xaxis=axis_title(panel.along),
        yaxis={**axis_title(panel.up), **({"range": list(limits)} if limits else {})},
        lines=lines,
    )


def _ends(panel: Panel) -> list[int]:
    """The ends of the scored horizons that the prediction reaches."""
    return [step for step in panel.scored if step <= len(panel.prediction)]


def _dotted(panel: Panel) -> str:
    """What the dotted lines are."""
    ends = ", ".join(f"{step:,}" for step in _ends(panel))
    begin = "where the predictions begin" if panel.behind() else ""
    scored = f"the ends of the scored horizons, {ends} steps" if ends else ""
    return f"Dotted: {' and '.join(filter(None, (begin, scored)))}." if begin or scored else ""


def _trace(name: str, x: Any, y: Any, color: str) -> dict[str, Any]:
    dots = len(y) <= MOST_DOTS
    return {
        "type": "scatter",
        "mode": "lines+markers" if dots else "lines",
        "name": name,
        "x": x,
        "y": np.asarray(y, dtype=np.float64),
        "line": {"color": color, "width": 1.6},
        "marker": {"size": 5},
    }


def _line(x: Any, y: Any) -> dict[str, Any]:
    """An end of an interval: no line of its own, and its colour between both."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": np.asarray(y, dtype=np.float64),
        "line": {"width": 0, "color": ORANGE},
        "fillcolor": "rgba(213,94,0,0.2)",
        "hoverinfo": "skip",
    }
