"""Texts whose symbols are shaded by how likely a model held each."""

from __future__ import annotations

from math import isfinite
from textwrap import wrap
from typing import Any

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import plain
from rnnsearch.figures.samples import MOST_BITS, STRONGEST, Samples, surprise
from rnnsearch.figures.style import INK
from rnnsearch.figures.visible import visible

COLUMNS = 46
"""Symbols of a row: as many as a telephone shows."""

MOST_ROWS = 16
"""Rows of one text."""

ROW = 19
"""Pixels of a row."""

SHADES = [[0, "#ffffff"], [1, f"rgba(213,94,0,{STRONGEST})"]]
"""From certain to surprising."""


def samples_chart(samples: Samples) -> Chart:
    """Every symbol in a cell, with its likelihood under the pointer."""
    shades: list[list[float | None]] = []
    signs: list[list[str]] = []
    words: list[list[str]] = []
    headings: list[dict[str, Any]] = []
    cut = False
    for text in samples.texts:
        rows = list(text.rows(COLUMNS))
        cut = cut or len(rows) > MOST_ROWS
        bits = text.bits()
        measured = f": {bits:.2f} bits a symbol" if isfinite(bits) else ""
        lines = wrap(f"{text.name}{measured}", COLUMNS) or [""]
        headings += [_heading(line, len(shades) + at) for at, line in enumerate(lines)]
        for row in [*([] for _ in lines), *rows[:MOST_ROWS], []]:
            empty = COLUMNS - len(row)
            shades.append([_bits(one) for _, one in row] + [None] * empty)
            signs.append([plain(visible(one)) for one, _ in row] + [""] * empty)
            words.append([_words(*one) for one in row] + [""] * empty)
    height = ROW * len(shades) + 70
    return Chart(
        traces=[
            {
                "type": "heatmap",
                "z": shades,
                "zmin": 0,
                "zmax": MOST_BITS,
                "colorscale": SHADES,
                "colorbar": {
                    "orientation": "h",
                    "y": -0.01,
                    "yanchor": "top",
                    "thickness": 10,
                    "title": {"text": samples.about, "side": "top", "font": {"size": 12}},
                    "tickvals": [0, 2, 4, 6, 8],
                    "ticktext": ["1", "1/4", "1/16", "1/64", "\u2264 1/256"],
                    "len": 0.86,  # the last label keeps its room
                },
                "text": signs,
                "texttemplate": "%{text}",
                "textfont": {"size": 11, "color": INK, "family": "ui-monospace, monospace"},
                "hovertext": words,
                "hoverinfo": "text",
            }
        ],
        layout={
            "xaxis": {"visible": False, "range": [-0.5, COLUMNS - 0.5], "fixedrange": True},
            "yaxis": {"visible": False, "range": [len(shades) - 0.5, -0.5], "fixedrange": True},
            "annotations": headings,
            "margin": {"l": 0, "r": 0, "t": 4, "b": 66},
        },
        height=height,
        about=f"{len(samples.texts)} texts, shaded by the likelihood of their symbols",
        thinned=[f"Of each text {MOST_ROWS} rows are shown."] if cut else [],
    )


def _bits(chance: float) -> float:
    return round(surprise(chance), 2) if isfinite(chance) else 0.0


def _words(symbol: str, chance: float) -> str:
    likely = f"likelihood {chance:.3g}" if isfinite(chance) else "given"
    return f"{plain(visible(symbol))}: {likely}"


def _heading(name: str, row: int) -> dict[str, Any]:
    return {
        "text": f"<b>{plain(name)}</b>",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": row,
        "yref": "y",
        "showarrow": False,
        "font": {"size": 12, "color": INK},
    }
