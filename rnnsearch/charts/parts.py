"""The parts of the data: how large each is, and the values of a series with its parts in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import pattern, plain
from rnnsearch.figures.style import BLUE, GREEN, GREY, ORANGE

COLORS = {"train": BLUE, "val": ORANGE, "test": GREEN}
NAMES = {"train": "training", "val": "validation", "test": "test"}
PATTERNS = {"train": "", "val": "/", "test": "x"}
MOST_POINTS = 2000
"""Points of a part that are drawn of one series."""


def sizes_chart(rows: Mapping[str, int], *, counted: str) -> Chart:
    """One bar that is divided as the data is.

    Args:
        rows: How many rows each part has.
        counted: What a row is, such as `points`.
    """
    total = sum(rows.values()) or 1
    return Chart(
        traces=[
            {
                "type": "bar",
                "orientation": "h",
                "name": f"{NAMES.get(part, part)}: {count:,} ({count / total:.0%})",
                "x": [count],
                "y": [""],
                "marker": {
                    "color": COLORS.get(part, GREY),
                    "pattern": pattern(PATTERNS.get(part, "")),
                },
                "hovertemplate": f"{NAMES.get(part, part)}: %{{x:,}} {counted}<extra></extra>",
            }
            for part, count in rows.items()
            if count
        ],
        layout={
            "barmode": "stack",
            "legend": {"traceorder": "normal"},
            "xaxis": {"title": {"text": counted}, "tickformat": ","},
            "yaxis": {"visible": False},
        },
        about=f"how the {total:,} {counted} of the data are parted",
        height=150,
    )


def series_chart(
    lines: Sequence[tuple[str, np.ndarray[Any, Any], np.ndarray[Any, Any]]],
    *,
    along: str,
    up: str,
) -> Chart:
    """The values of one quantity over time, each part in its colour.

    Args:
        lines: The part, the times (numbers or dates) and the values of each line.
        along: What is counted along, with its unit.
        up: What is measured, with its unit.
    """
    traces: list[dict[str, Any]] = []
    named: set[str] = set()
    drawn = total = 0
    for part, times, values in lines:
        stride = max(1, -(-len(values) // MOST_POINTS))
        kept = _outline(values, stride)
        drawn, total = drawn + len(kept), total + len(values)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": NAMES.get(part, part),
                "legendgroup": part,
                "showlegend": part not in named,
                "x": times[kept],
                "y": values[kept],
                "line": {"color": COLORS.get(part, GREY), "width": 1.3},
                "hovertemplate": "%{x}: %{y:.5g}<extra>" + NAMES.get(part, part) + "</extra>",
            }
        )
        named.add(part)
    thin = f"{drawn:,} of {total:,} points are drawn: the highest and the lowest of each stretch."
    return Chart(
        traces=traces,
        layout={
            "xaxis": {"title": {"text": plain(along)}},
            "yaxis": {"title": {"text": plain(up)}},
        },
        about=f"{up} over {along}, with the parts of the data in colour",
        height=260,
        thinned=[thin] if drawn < total else [],
    )


def _outline(values: np.ndarray[Any, Any], stride: int) -> np.ndarray[Any, Any]:
    """The places of a line that keep its outline: the highest and lowest of each stretch."""
    if stride == 1:
        return np.arange(len(values))
    width = 2 * stride
    kept: set[int] = {0, len(values) - 1}
    for start in range(0, len(values), width):
        piece = values[start : start + width]
        if np.isfinite(piece).any():
            kept |= {start + int(np.nanargmin(piece)), start + int(np.nanargmax(piece))}
    return np.array(sorted(kept))
