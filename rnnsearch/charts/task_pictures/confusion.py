"""What a classifier confuses, with each count under the pointer."""

from __future__ import annotations

from typing import Any

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import SHARES, plain
from rnnsearch.figures.confusion import MOST_NUMBERED, Confusion
from rnnsearch.figures.style import shortened

MOST_NAMED = 60
"""Classes up to which each has its name at the axes."""

LEVEL = 40
"""Characters of all names up to which they stand level."""

MOST_NAME = 26
"""Characters of a class at an axis."""


def confusion_chart(confusion: Confusion) -> Chart:
    """The counts, shaded by their share of the true class."""
    names = _unlike([plain(name) for name in confusion.classes])
    count = len(names)
    shares = confusion.shares()
    named = {
        "tickvals": names,
        "ticktext": [plain(shortened(name, MOST_NAME)) for name in confusion.classes],
    }
    ticks: dict[str, Any] = named if count <= MOST_NAMED else {"showticklabels": False}
    trace: dict[str, Any] = {
        "type": "heatmap",
        "x": names,
        "y": names,
        "z": shares.round(4),
        "customdata": confusion.counts,
        "zmin": 0,
        "zmax": 1,
        "colorscale": SHARES,
        "showscale": False,
        "hovertemplate": "true: %{y}<br>guessed: %{x}<br>%{customdata:,} (%{z:.1%})<extra></extra>",
        "xgap": 1 if count <= MOST_NUMBERED else 0,
        "ygap": 1 if count <= MOST_NUMBERED else 0,
    }
    if count <= MOST_NUMBERED:
        counts = confusion.counts.tolist()
        text = [[str(one) if one else "" for one in row] for row in counts]
        trace |= {"text": text, "texttemplate": "%{text}"}
    thinned = []
    if count > MOST_NAMED:
        thinned.append(f"{count:,} classes, in their order; the pointer shows their names.")
    return Chart(
        traces=[trace],
        layout={
            "xaxis": {"title": {"text": "guessed"}, **_slanted(names), "type": "category", **ticks},
            "yaxis": {
                "title": {"text": "true"},
                "autorange": "reversed",
                "type": "category",
                **ticks,
            },
        },
        height=min(820, 240 + 24 * count),
        about=f"how often {count} classes were taken for each other: {confusion.right():.1%} right",
        thinned=thinned,
    )


def _slanted(names: list[str]) -> dict[str, Any]:
    """Names along an axis stand aslant where they would touch each other on a telephone."""
    return {"tickangle": -60 if sum(len(name) + 2 for name in names) > LEVEL else 0}


def _unlike(names: list[str]) -> list[str]:
    """Names of which no two are equal, as an axis of categories needs them."""
    twice = len(set(names)) < len(names)
    return [f"{name} ({at})" for at, name in enumerate(names)] if twice else names
