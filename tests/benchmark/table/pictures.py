"""Draws what searches had at each device time: median ranks over the repeats, a panel a space."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from table.comparing import BUDGETS, budget_seconds, grouped, rank_at
from table.contenders import DEFAULT, RANDOM
from table.reading import Table

FAINT = "0.75"
COLOURS = ("#1f77b4", "#e07b00", "#2c9c3e", "#7b52ab", "#009fb0")
"""Of the rivals, in their order; none is like the default's red."""


def draw(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Mapping[str, Any]]], path: Path
) -> None:
    """Write a PNG. Ours beside the default are faint lines."""
    figure = Figure(figsize=(3.2 * len(tables), 3.6), layout="constrained")
    panels = np.atleast_1d(figure.subplots(1, len(tables), sharey=True))
    times = np.geomspace(0.5, max(BUDGETS), 60)
    for panel, (name, table) in zip(panels, tables.items(), strict=True):
        groups = grouped(rows[name])
        colours = iter(COLOURS)
        for who, some in groups.items():
            ranks = [
                median(rank_at(table, row["curve"], budget_seconds(table, at)) for row in some)
                for at in times
            ]
            panel.plot(
                times, 100 * np.maximum(ranks, 0.5 / len(table.costs)), **_style(who, colours)
            )
        panel.set(xscale="log", yscale="log", title=name.replace("_", " "))
        panel.axhline(1.0, color="0.5", linewidth=0.6, linestyle=":")
        panel.set_xlabel("device time, trainings")
    panels[0].set_ylabel("better rows of the table, %")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=7
    )
    figure.savefig(path, dpi=110)


def _style(who: str, colours: Iterator[str]) -> dict[str, Any]:
    if who == DEFAULT:
        return {"color": "#c02030", "linewidth": 2.2, "label": who, "zorder": 3}
    if who == RANDOM:
        return {"color": "black", "linewidth": 1.2, "label": who}
    if who.startswith("rnnsearch"):
        return {"color": FAINT, "linewidth": 0.8, "zorder": 1}
    return {"linewidth": 1.1, "label": who, "color": next(colours)}
