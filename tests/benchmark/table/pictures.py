"""Draws what searches had at each device time: median shares of better rows over the repeats, a
panel for each space and number of workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from table.comparing import grouped
from table.contenders import DEFAULT, RANDOM
from table.reading import Table
from table.replays import Row, rank_at

FAINT = "0.72"
COLOURS = {
    "Optuna: TPE, MedianPruner": "#1f77b4",
    "Optuna: TPE, SuccessiveHalvingPruner": "#e07b00",
    "Optuna: TPE, HyperbandPruner": "#2c9c3e",
    "Ray Tune: OptunaSearch, ASHA": "#7b52ab",
    "Ray Tune: OptunaSearch, HyperBand": "#009fb0",
}
"""Of the rivals; none is like the default's red."""


def draw(
    tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]], folder: Path
) -> Iterator[Path]:
    """Write a PNG of the table's spaces, and one of the surrogates, where there are any."""
    shown = {name: one for name, one in tables.items() if rows[name]}
    own = {name: one for name, one in shown.items() if "surrogate" not in one.made}
    others = {name: one for name, one in shown.items() if name not in own}
    for name, some in (("table", own), ("table-lcbench", others)):
        if some:
            path = folder / f"{name}.png"
            _drawn(some, rows).savefig(path, dpi=100)
            yield path


def _drawn(tables: Mapping[str, Table], rows: Mapping[str, Sequence[Row]]) -> Figure:
    """A row of panels for each number of workers."""
    crews = sorted({row["workers"] for name in tables for row in rows[name]})
    height = 1.1 + 2.5 * len(crews)
    figure = Figure(figsize=(2.7 * len(tables), height), layout="constrained")
    grid = figure.subplots(len(crews), len(tables), sharex=True, sharey=True, squeeze=False)
    labels: dict[str, Any] = {}
    for workers, line in zip(crews, grid, strict=True):
        for panel, (name, table) in zip(line, tables.items(), strict=True):
            _panel(panel, table, grouped(rows[name], workers))
            panel.set_title(f"{name.replace('_', ' ')}, {workers} at once", fontsize=9)
            labels |= dict(zip(*panel.get_legend_handles_labels()[::-1], strict=True))
        line[0].set_ylabel("better rows, %")
    for panel in grid[-1]:
        panel.set_xlabel("device time, trainings")
    columns = min(4, len(tables))  # each takes about as much room as a panel
    figure.legend(
        labels.values(), labels.keys(), loc="outside lower center", ncols=columns, fontsize=8
    )
    return figure


def _panel(panel: Axes, table: Table, groups: Mapping[str, Mapping[int, Row]]) -> None:
    """The curves of all who were replayed on a space, each as far as it was replayed."""
    for who, some in groups.items():
        longest = min(row["trainings"] for row in some.values())
        times = np.geomspace(0.5, longest, 60)
        ranks = [
            median(rank_at(table, row["curve"], at * table.full_seconds) for row in some.values())
            for at in times
        ]
        shares = 100 * np.maximum(ranks, 0.5 / len(table.costs))
        panel.plot(times, shares, **_style(who))
    panel.set(xscale="log", yscale="log")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_formatter("{x:g}")
    panel.axhline(1.0, color="0.5", linewidth=0.6, linestyle=":")


def _style(who: str) -> dict[str, Any]:
    if who == DEFAULT:
        return {"color": "#c02030", "linewidth": 2.2, "label": who, "zorder": 3}
    if who == RANDOM:
        return {"color": "black", "linewidth": 1.2, "label": who}
    if who in COLOURS:
        return {"linewidth": 1.1, "label": who, "color": COLOURS[who]}
    return {"color": FAINT, "linewidth": 0.8, "zorder": 1, "label": "rnnsearch: others"}
