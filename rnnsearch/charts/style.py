"""How charts look: the colours of the pictures, dark text on white, few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnsearch.figures.style import BLUE, CURVES, GREY, INK, ORANGE, PURPLE, SKY

FEW = 200
"""Trials up to which each has a large mark."""

LINES = "#e6e6e6"
"""The pale lines across a chart."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
"""Fonts that lie on the reader's machine: a page asks no server for any."""

STATES: Mapping[str, tuple[str, str]] = {
    "complete": (BLUE, "circle"),
    "pruned": (GREY, "triangle-down"),
    "diverged": (PURPLE, "x-thin"),
    "failed": (ORANGE, "cross-thin"),
    "running": (SKY, "circle-open"),
    "waiting": (SKY, "square-open"),
}
"""Colour and mark of each state of a trial; marks differ too, for whoever sees no colours."""

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
"""Of lines of one colour."""

LINE_SCALE = ((0.0, "#00224e"), (0.35, "#3c4c6c"), (0.7, "#7d7c78"), (1.0, "#c2ab52"))
"""The scale below for thin lines on white, without its palest colours."""

SHARES = ((0.0, "#f7fbff"), (0.35, "#9ecae1"), (0.7, "#2171b5"), (1.0, "#08306b"))
"""A scale for shares of a whole, from none to all, as the pictures have it."""

SCALE = "Cividis"
"""A scale of colours for numbers that people with any colour vision read in the same order."""

_AXIS: Mapping[str, Any] = {
    "color": INK,
    "gridcolor": LINES,
    "linecolor": GREY,
    "zeroline": False,
    "automargin": True,
    "title": {"standoff": 8, "font": {"size": 13}},
    "tickfont": {"size": 12},
    "exponentformat": "power",
    "minexponent": 4,
}

TEMPLATE: Mapping[str, Any] = {
    "layout": {
        "font": {"family": FONT, "size": 13, "color": INK},
        "colorway": list(CURVES),
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
        "xaxis": {**_AXIS, "showgrid": False, "showline": True, "ticks": "outside"},
        "yaxis": {**_AXIS, "showline": False, "ticklabelstandoff": 4},
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"color": INK, "size": 12}, "align": "left"},
        "legend": {
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": 12},
            "title": {"text": ""},
        },
        "hovermode": "closest",
    }
}
"""plotly's template: what every chart of a page has in common."""


def pattern(shape: str) -> dict[str, Any]:
    """The pattern of a bar, for whoever sees no colours: white lines over its colour."""
    return {"shape": shape, "fillmode": "overlay", "fgcolor": "#ffffff", "solidity": 0.2}


def mark(state: str, size: int = 6) -> dict[str, Any]:
    """The marker of trials in a state."""
    color, symbol = STATES[state]
    thin = symbol.endswith(("-thin", "-open"))
    line = {"width": 1.5, "color": color} if thin else {"width": 0.5, "color": "#ffffff"}
    return {"color": color, "symbol": symbol, "size": size, "line": line}


def mark_size(trials: int) -> int:
    """How large the marks of so many trials are: few ones are seen from afar, many do not hide one
    another."""
    return 9 if trials <= FEW else 6


def plain(text: str) -> str:
    """A text as plotly shows it letter by letter, which else reads some HTML and `%{...}`."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace("%{", "%&#123;")
