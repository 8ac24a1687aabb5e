"""How much each parameter mattered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import plain
from rnnsearch.figures.style import BLUE, INK, shortened

MOST = 25
"""Parameters that have a bar; the most important ones."""


def importances_chart(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """A bar for each parameter, with its interval where there is one.

    Args:
        rows: `param`, `importance` from 0 to 1, `trials`, and where they are known the ends `low`
            and `high` of an interval; the most important one first.
    """
    shown = list(rows[:MOST])[::-1]
    shares = np.array([row["importance"] for row in shown], dtype=np.float64)
    bar: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "y": [plain(shortened(str(row["param"]), 40)) for row in shown],
        "x": shares,
        "marker": {"color": BLUE},
        "customdata": np.array([row["trials"] for row in shown]),
        "hovertemplate": "%{y}: %{x:.1%} by %{customdata} trials<extra></extra>",
    }
    known = [row for row in shown if row.get("low") is not None and row.get("high") is not None]
    if known:
        low = np.array([np.nan if row.get("low") is None else row["low"] for row in shown])
        high = np.array([np.nan if row.get("high") is None else row["high"] for row in shown])
        bar["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": np.maximum(high - shares, 0.0),
            "arrayminus": np.maximum(shares - low, 0.0),
            "color": INK,
            "thickness": 1.5,
            "width": 5,
        }
    most = f"The {MOST} most important of {len(rows)} parameters are drawn."
    return Chart(
        traces=[bar],
        layout={
            "xaxis": {
                "title": {"text": "share of the importance"},
                "tickformat": ".0%",
                "rangemode": "tozero",
                "showgrid": True,
                "gridcolor": "#e6e6e6",
            },
            "yaxis": {"type": "category", "showgrid": False},
            "showlegend": False,
        },
        about="the share of each parameter in what parts the best trials from all of them",
        height=90 + 30 * len(shown),
        thinned=[most] if len(rows) > MOST else [],
    )
