"""Several small charts in one: below each other where they are few, else one at a time, which a
reader picks from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnnsearch.charts.style import plain
from rnnsearch.charts.upright import upright
from rnnsearch.figures.style import GREY, INK, shortened

MOST_ROWS = 4
"""Charts up to which all are shown below each other."""

ROW = 210
"""Pixels of each of several rows."""

ALONE = 380
"""Pixels of a chart that stands alone."""

MOST_NAME = 44
"""Characters of a name in a list or above a row."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Block:
    """One small chart.

    Attributes:
        name: What it shows; empty where there is one alone.
        traces: As plotly takes them, without their axes.
        xaxis, yaxis: As plotly takes them.
        lines: Places across where a dotted line stands.
    """

    name: str
    traces: Sequence[Mapping[str, Any]]
    xaxis: Mapping[str, Any] = field(default_factory=dict)
    yaxis: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[Any] = ()


def arranged(blocks: Sequence[Block]) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """Traces, layout and height of some blocks."""
    return _rows(blocks) if len(blocks) <= MOST_ROWS else _picked(blocks)


def axis_title(text: str) -> dict[str, Any]:
    """The title of an axis, which no reader takes for HTML."""
    return {"title": {"text": plain(shortened(text, MOST_NAME))}}


def written(place: Any) -> Any:
    """A place along an axis as JSON has it: a number, or the text of a date."""
    if isinstance(place, np.datetime64):
        return str(np.datetime_as_string(place))
    return float(place)


def _rows(blocks: Sequence[Block]) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """All blocks, one below the other; the legend names each curve once."""
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"shapes": [], "annotations": []}
    height = ALONE if len(blocks) == 1 else ROW * len(blocks) + 90
    gap = 0.0 if len(blocks) == 1 else 56 / height
    each = (1 - gap * (len(blocks) - 1)) / max(1, len(blocks))
    seen: set[str] = set()
    alike = all(block.xaxis.get("title") == blocks[0].xaxis.get("title") for block in blocks)
    for at, block in enumerate(blocks):
        number = "" if at == 0 else str(at + 1)
        top = 1 - at * (each + gap)
        across = dict(block.xaxis)
        if alike and at < len(blocks) - 1:  # the last one speaks for all
            across.pop("title", None)
        layout[f"xaxis{number}"] = {**across, "anchor": f"y{number}"}
        layout[f"yaxis{number}"] = {
            **_upright(block.yaxis, int(each * (height - 90)) + 90),
            "anchor": f"x{number}",
            "domain": [max(0.0, top - each), top],
        }
        for trace in block.traces:
            name = str(trace.get("name", ""))
            shown = trace.get("showlegend", True) and name not in seen
            seen.add(name)
            own = {"xaxis": f"x{number}", "yaxis": f"y{number}", "legendgroup": name}
            traces.append({**trace, **own, "showlegend": shown})
        layout["shapes"] += [_line(x, f"x{number}", f"y{number} domain") for x in block.lines]
        title = block.yaxis.get("title", {}).get("text")
        if len(blocks) > 1 and block.name and plain(block.name) != title:
            layout["annotations"].append(_above(block.name, top))
    if len(blocks) > 1:
        # above the names of the rows, of which the first stands where a legend would
        layout |= {"legend": {"y": 1 + 26 / height}, "margin": {"t": 30}}
    return traces, layout, height


def _picked(blocks: Sequence[Block]) -> tuple[list[dict[str, Any]], dict[str, Any], int]:
    """One block at a time, with a list of all their names."""
    traces: list[dict[str, Any]] = []
    owners: list[int] = []
    for at, block in enumerate(blocks):
        for trace in block.traces:
            traces.append({**trace, "visible": at == 0})
            owners.append(at)
    buttons = [
        {
            "label": plain(shortened(block.name, MOST_NAME)),
            "method": "update",
            "args": [
                {"visible": [owner == at for owner in owners]},
                {
                    "xaxis": dict(block.xaxis),
                    "yaxis": _upright(block.yaxis, ALONE),
                    "shapes": [_line(x, "x", "y domain") for x in block.lines],
                },
            ],
        }
        for at, block in enumerate(blocks)
    ]
    first = blocks[0]
    layout = {
        "xaxis": dict(first.xaxis),
        "yaxis": _upright(first.yaxis, ALONE),
        "shapes": [_line(x, "x", "y domain") for x in first.lines],
        "updatemenus": [
            {
                "buttons": buttons,
                "x": 0,
                "xanchor": "left",
                "y": 1.04,
                "yanchor": "bottom",
                "bgcolor": "#ffffff",
                "bordercolor": GREY,
                "font": {"size": 12, "color": INK},
                "pad": {"l": 0, "r": 0, "t": 0, "b": 0},
            }
        ],
        "margin": {"t": 56},
        "legend": {"y": -0.24, "yanchor": "top", "traceorder": "normal"},
    }
    return traces, layout, ALONE + 80


def _upright(axis: Mapping[str, Any], height: int) -> dict[str, Any]:
    """An axis of values whose title fits a chart of so many pixels."""
    text = axis.get("title", {}).get("text")
    return {**axis, "title": {"text": upright(text, height)}} if text else dict(axis)


def _line(x: Any, xref: str, yref: str) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": xref,
        "yref": yref,
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"color": GREY, "width": 1, "dash": "dot"},
        "layer": "below",
    }


def _above(name: str, top: float) -> dict[str, Any]:
    """The name of a row, above it."""
    return {
        "text": plain(shortened(name, MOST_NAME)),
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 12, "color": INK},
    }
