"""The parts of the data: how large each is, and the values of a series with its parts in colour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import DASHES, pattern, plain
from rnnsearch.charts.upright import upright
from rnnsearch.figures.style import BLUE, GREEN, GREY, ORANGE, shortened

COLORS = {"train": BLUE, "val": ORANGE, "test": GREEN}
NAMES = {"train": "training", "val": "validation", "test": "test"}
PATTERNS = {"train": "", "val": "/", "test": "x"}
MOST_POINTS = 1000
"""Points of a stretch of a series that are drawn, about."""
HEIGHT = 260
ROW = 110
"""Pixels of each of several rows."""
MOST_CLASSES = 20
BINS = 40
"""Bins in which numbers are counted."""


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
    rows = list(dict.fromkeys(part for part, _, _ in lines))
    if not _overlap([(times[0], times[-1]) for _, times, _ in lines]):
        rows = rows[:1]
    for part, times, values in lines:
        row = rows.index(part) if part in rows else 0
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
                "yaxis": _numbered("y", row),
                "line": {"color": COLORS.get(part, GREY), "width": 1.3},
                "hovertemplate": "%{x}: %{y:.4g}<extra>" + NAMES.get(part, part) + "</extra>",
            }
        )
        named.add(part)
    thin = f"{drawn:,} of {total:,} points are drawn: the highest and the lowest of each stretch."
    height = HEIGHT if len(rows) < 2 else 90 + ROW * len(rows)
    return Chart(
        traces=traces,
        layout={
            "xaxis": {"title": {"text": plain(along)}, "anchor": _numbered("y", len(rows) - 1)},
            **_value_axes(len(rows), up, height),
        },
        about=f"{up} over {along}, with the parts of the data in colour",
        height=height,
        thinned=[thin] if drawn < total else [],
    )


def _value_axes(rows: int, up: str, height: int) -> dict[str, Any]:
    """The axes of values: one, or one for each row of a chart, which then share their range."""
    axes = {}
    gap = 0.08
    each = (1 - gap * (rows - 1)) / max(1, rows)
    for row in range(max(1, rows)):
        top = 1 - row * (each + gap)
        axis: dict[str, Any] = {"domain": [max(0.0, round(top - each, 6)), top]} if rows > 1 else {}
        if row:
            axis["matches"] = "y"
        if row == (rows - 1) // 2:  # the middle one speaks for all
            axis["title"] = {"text": upright(plain(up), height if rows < 2 else ROW + 90)}
        axes[_numbered("yaxis", row)] = axis
    return axes


def _numbered(axis: str, row: int) -> str:
    """The name of the axis of a row, counted from 0, as plotly has it."""
    return f"{axis}{row + 1}" if row > 0 else axis


def _overlap(spans: Sequence[tuple[Any, Any]]) -> bool:
    """Whether some stretches lie at the same times, so that one may hide another."""
    ordered = sorted(spans)
    return any(later[0] < earlier[1] for earlier, later in pairwise(ordered))


def _dash(part: str) -> str:
    """The dashes of a part's line, for whoever sees no colours."""
    return DASHES[list(COLORS).index(part)] if part in COLORS else "solid"


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


def classes_chart(counts: Mapping[str, Mapping[Any, int]]) -> Chart:
    """How large a share of each part is of each class, the most frequent classes first.

    Args:
        counts: By the name of the class, then by part.
    """
    parts = list(dict.fromkeys(part for some in counts.values() for part in some))
    order = sorted(counts, key=lambda name: -sum(counts[name].values()))
    shown = order[:MOST_CLASSES][::-1]
    totals = {part: sum(some.get(part, 0) for some in counts.values()) or 1 for part in parts}
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "name": NAMES.get(part, part),
            "y": [plain(shortened(name, 24)) for name in shown],
            "x": np.array([counts[name].get(part, 0) / totals[part] for name in shown]),
            "customdata": np.array([counts[name].get(part, 0) for name in shown]),
            "marker": {"color": COLORS.get(part, GREY), "pattern": pattern(PATTERNS.get(part, ""))},
            "hovertemplate": "%{y}: %{customdata:,} (%{x:.1%})<extra>"
            + NAMES.get(part, part)
            + "</extra>",
        }
        for part in parts
    ]
    thin = f"The {MOST_CLASSES} most frequent of {len(order)} classes are drawn."
    return Chart(
        traces=traces,
        layout={
            "barmode": "group",
            "xaxis": {"title": {"text": "share of its part"}, "tickformat": ".0%"},
            "yaxis": {"type": "category", "showgrid": False, "title": {"text": "class"}},
            "legend": {"traceorder": "normal"},
        },
        about="how often each class is in each part of the data",
        height=110 + (14 * len(parts) + 8) * len(shown),
        thinned=[thin] if len(order) > MOST_CLASSES else [],
    )


def numbers_chart(numbers: Mapping[Any, np.ndarray[Any, Any]], *, title: str) -> Chart:
    """How numbers are spread in each part, as shares of the part in `BINS` bins.

    Args:
        numbers: By part.
        title: What they are, with their unit.
    """
    finite = {part: some[np.isfinite(some)] for part, some in numbers.items()}
    every = np.concatenate([some.ravel() for some in finite.values()])
    whole = every.dtype.kind in "iu" and every.size and every.max() - every.min() < BINS
    edges = (
        np.arange(every.min(), every.max() + 2) - 0.5
        if whole
        else np.histogram_bin_edges(every.astype(np.float64), BINS)
    )
    traces = []
    for part, some in finite.items():
        shares = np.histogram(some, edges)[0] / max(some.size, 1)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": NAMES.get(part, part),
                "x": np.asarray(edges, dtype=np.float64),
                "y": np.array([*shares, 0.0]),
                "line": {
                    "shape": "hv",
                    "color": COLORS.get(part, GREY),
                    "width": 2,
                    "dash": _dash(part),
                },
                "hovertemplate": "from %{x:.4g}: %{y:.1%}<extra>"
                + NAMES.get(part, part)
                + "</extra>",
            }
        )
    return Chart(
        traces=traces,
        layout={
            "xaxis": {"title": {"text": plain(title)}},
            "yaxis": {
                "title": {"text": "share of its part"},
                "tickformat": ".0%",
                "rangemode": "tozero",
            },
        },
        about=f"how the {title} is spread in each part of the data",
        height=260,
    )
