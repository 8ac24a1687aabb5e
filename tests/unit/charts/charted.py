"""Trials for charts, and plotly's own opinion of a chart."""

from __future__ import annotations

import json
import math
from typing import Any

import plotly.graph_objects as go

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.point import TrialPoint

LAST = 27
RATE = Dimension(key="training.learning_rate", log=True, low=1e-4, high=0.1)
UNITS = Dimension(key="model.hidden_size", low=4, high=64, whole=True)
CELL = Dimension(key="model.cell", members=["rnn", "lstm"])
DROPOUT = Dimension(key="model.dropout", low=0.0, high=0.5)
EVERY = [RATE, UNITS, CELL, DROPOUT]


def trials(count: int = 40) -> list[TrialPoint]:
    """Of every state: each tenth diverged without a value, one failed, one runs, one waits."""
    return [_trial(number) for number in range(count)]


def _trial(number: int) -> TrialPoint:
    rate = 10 ** (-4 + 3 * ((number * 7) % 20) / 20)
    params: dict[str, Any] = {
        "training.learning_rate": rate,
        "model.hidden_size": 4 + number % 30,
        "model.cell": ("rnn", "lstm")[number % 2],
    }
    if number % 2:
        params["model.dropout"] = 0.1
    state = {3: "failed", 5: "running", 6: "waiting"}.get(number, "pruned")
    state = "diverged" if number % 10 == 9 else "complete" if number % 4 == 0 else state
    epochs = {"complete": LAST, "pruned": (3, 9)[number % 2], "running": 2}.get(state, 0)
    floor = abs(math.log10(rate) + 2) / 10 + 0.01
    curve = {epoch: floor + 1 / epoch for epoch in range(1, epochs + 1)}
    value = min(curve.values()) if curve else None
    return TrialPoint(
        number=number,
        state=state,
        value=value,
        curve=curve,
        params=params,
        epoch=epochs,
        seconds=1.0,
        ended=float(number),
    )


def accepted(chart: Chart) -> dict[str, Any]:
    """The chart as a browser gets it, after plotly has checked every key and value of it."""
    seen: dict[str, Any] = json.loads(chart.to_json())
    figure = go.Figure(seen)
    assert len(figure.data) == len(chart.traces)
    return seen


def names(seen: dict[str, Any]) -> list[str]:
    return [trace.get("name", "") for trace in seen["data"]]
