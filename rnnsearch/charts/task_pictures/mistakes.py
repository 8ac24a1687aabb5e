"""What a classifier was surest of, and wrong: a table of texts, or curves."""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.style import plain
from rnnsearch.charts.task_pictures.block import Block, arranged
from rnnsearch.figures.mistakes import Mistake, Mistakes
from rnnsearch.figures.style import INK, LINES, ORANGE, shortened
from rnnsearch.figures.visible import one_line

MOST_TEXT = 200
"""Characters of a text in the table, which breaks its lines."""

MOST_CLASS = 60


def mistakes_chart(mistakes: Mistakes) -> Chart:
    """The surest mistakes; curves one at a time, from a list."""
    shown = mistakes.shown
    about = f"the {len(shown)} surest of {mistakes.count:,} mistakes"
    thinned = [f"Shown: {about}."] if len(shown) < mistakes.count else []
    if any(one.curve is not None for one in shown):
        blocks = [_block(one, mistakes) for one in shown if one.curve is not None]
        traces, layout, height = arranged(blocks)
        return Chart(traces=traces, layout=layout, height=height, about=about, thinned=thinned)
    lines = sum(1 + len(one.what) // 60 for one in shown)
    return Chart(
        traces=[_table(mistakes)],
        layout={"margin": {"l": 0, "r": 0, "t": 0, "b": 0}},
        height=70 + 30 * min(lines, 40),
        about=about,
        thinned=thinned,
    )


def _table(mistakes: Mistakes) -> dict[str, Any]:
    shown = mistakes.shown
    columns = [
        [plain(shortened(one_line(one.what), MOST_TEXT)) for one in shown],
        [plain(shortened(one.truth, MOST_CLASS)) for one in shown],
        [plain(shortened(one.guess, MOST_CLASS)) for one in shown],
        [f"{one.chance:.0%}" for one in shown],
    ]
    heads = ["what was read", "true", "guessed", "how sure"]
    return {
        "type": "table",
        "columnwidth": [4, 2, 2, 1],
        "header": {
            "values": [f"<b>{head}</b>" for head in heads],
            "align": "left",
            "fill": {"color": "#ffffff"},
            "line": {"color": "#e6e6e6"},
            "font": {"color": INK, "size": 12},
        },
        "cells": {
            "values": columns,
            "align": "left",
            "height": 26,
            "fill": {"color": "#ffffff"},
            "line": {"color": "#e6e6e6"},
            "font": {"color": INK, "size": 12},
        },
    }


def _block(mistake: Mistake, mistakes: Mistakes) -> Block:
    curve, names = np.asarray(mistake.curve, dtype=np.float64), mistakes.features
    traces: list[dict[str, Any]] = []
    for feature, color in zip(range(curve.shape[1]), LINES, strict=False):
        name = names[feature] if feature < len(names) else f"feature {feature}"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plain(shortened(name, 30)),
                "x": np.arange(len(curve)),
                "y": curve[:, feature],
                "line": {"color": color, "width": 1.6},
                "marker": {"size": 4},
            }
        )
    if mistake.step is not None:
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": "the time step",
                "x": [mistake.step] * curve.shape[1],
                "y": curve[mistake.step],
                "marker": {"size": 13, "symbol": "circle-open", "color": ORANGE},
            }
        )
    said = f"{shortened(mistake.truth, 14)}, guessed {shortened(mistake.guess, 14)}"
    return Block(
        name=f"{said} ({mistake.chance:.0%})",
        traces=traces,
        xaxis={"title": {"text": f"time step of {plain(mistake.what)}"}},
    )
