"""The learning curves of trials, coloured by the epoch at which each ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.point import TrialPoint, ranked, spread_out, thinned
from rnnsearch.charts.scale import value_axis
from rnnsearch.figures.style import BLUE, GREY, INK, PURPLE
from rnnsearch.goal import Goal

HEIGHT = 430
MOST_CURVES = 160
"""Curves up to which all are drawn."""
MOST_EPOCHS = 250
"""Points of a curve."""
MOST_RUNGS = 16
"""Rungs up to which each has its line; more lines would hide the curves."""
MOST_GROUPS = 6
"""Groups of stopped trials in the legend; neighbouring rungs share one where there are more."""

# From light to dark in even steps, for whoever sees no colours, and far from the others' blue.
_SHADES = ("#e3a83f", "#d07a26", "#b0551c", "#883a14", "#5f250c", "#361305")


def curves_chart(
    trials: Sequence[TrialPoint],
    *,
    metric: str,
    goal: Goal,
    rungs: Sequence[int],
    rungs_called: str,
    last: int,
    winner: int | None,
) -> Chart:
    """The metric by epoch of every trial, those that ended at one rung in one colour.

    Args:
        metric: The study's metric with its unit.
        rungs: Epochs at which trials were stopped.
        rungs_called: What the stopping rule calls them.
        last: The last epoch of a complete trial.
        winner: The trial whose curve stands out: the champion's, or the best so far.
    """
    curved = [one for one in trials if one.curve]
    order = sorted(ranked(curved), key=lambda one: (goal.cost(one.finite or 0.0), one.number))
    kept = thinned(curved, MOST_CURVES, [one.number for one in order])
    values = [list(one.curve.values()) for one in kept]
    every = [value for curve in values for value in curve]
    axis, off = value_axis(every, goal, metric, height=HEIGHT, curves=values)
    traces = [
        _group(name, members, color, dash, metric) for name, members, color, dash in _groups(kept)
    ]
    best = next((one for one in curved if one.number == winner), None)
    if best is not None:
        heavy = _group(f"trial {best.number}, the best", [best], INK, "solid", metric)
        traces.append({**heavy, "line": {"color": INK, "width": 3}, "opacity": 1.0})
    thin = []
    if len(kept) < len(curved):
        thin.append(
            f"{len(kept):,} of {len(curved):,} curves are drawn: those of the best trials, and an "
            "even choice of the others."
        )
    if any(len(one.curve) > MOST_EPOCHS for one in kept):
        thin.append(f"Of longer curves {MOST_EPOCHS} epochs are drawn, evenly spread.")
    lines = [
        {
            "type": "line",
            "x0": rung,
            "x1": rung,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": GREY, "width": 1, "dash": "dot"},
            "layer": "below",
        }
        for rung in (rungs if len(rungs) <= MOST_RUNGS else ())
    ]
    far = any(len(one.curve) > 1 for one in curved) and last > 100
    return Chart(
        traces=traces,
        layout={
            "xaxis": {
                "title": {"text": f"epoch (dotted: {rungs_called})" if lines else "epoch"},
                "type": "log" if far and rungs and rungs[0] <= last / 50 else "linear",
            },
            "yaxis": axis,
            "shapes": lines,
        },
        about=f"{metric} by epoch of {len(kept)} trials",
        height=HEIGHT,
        thinned=[*thin, *([off] if off else [])],
    )


def _groups(trials: Sequence[TrialPoint]) -> list[tuple[str, list[TrialPoint], str, str]]:
    """Name, members, colour and dashes of each group, those that came furthest last."""
    groups: list[tuple[str, list[TrialPoint], str, str]] = []
    stopped = [one for one in trials if one.state == "pruned"]
    ends = sorted({one.epoch for one in stopped})
    parts = np.array_split(np.array(ends), min(len(ends), MOST_GROUPS)) if ends else []
    shades = [_SHADES[at] for at in spread_out(len(_SHADES), max(2, len(parts)))]
    for shade, part in zip(shades, parts, strict=False):
        low, high = int(part[0]), int(part[-1])
        span = f"epoch {low}" if low == high else f"epochs {low} to {high}"
        members = [one for one in stopped if low <= one.epoch <= high]
        groups.append((f"stopped at {span}", members, shade, "solid"))
    for name, states, color, dash in (
        ("diverged or failed", ("diverged", "failed"), PURPLE, "dot"),
        ("running or waiting", ("running", "waiting"), BLUE, "dash"),
        ("complete", ("complete",), BLUE, "solid"),
    ):
        members = [one for one in trials if one.state in states]
        if members:
            groups.append((name, members, color, dash))
    return groups


def _group(
    name: str, members: Sequence[TrialPoint], color: str, dash: str, metric: str
) -> dict[str, Any]:
    """One trace with the curves of several trials; a gap parts one from the next."""
    epochs: list[float] = []
    values: list[float] = []
    numbers: list[int] = []
    for one in members:
        points = _points(one.curve)
        epochs += [*points, np.nan]
        values += [*points.values(), np.nan]
        numbers += [one.number] * (len(points) + 1)
    alone = all(len(one.curve) == 1 for one in members)
    return {
        "type": "scatter",
        "mode": "markers" if alone else "lines",
        "name": name,
        "x": np.array(epochs),
        "y": np.array(values),
        "customdata": np.array(numbers, dtype=np.int64),
        "line": {"color": color, "width": 1.2, "dash": dash},
        "marker": {"color": color, "size": 5},
        "opacity": 0.75,
        "connectgaps": False,
        "hovertemplate": f"trial %{{customdata}}, epoch %{{x}}<br>{metric}: %{{y:.4g}}"
        f"<extra>{name}</extra>",
    }


def _points(curve: Mapping[int, float]) -> dict[int, float]:
    """The points of a curve that are drawn."""
    epochs = sorted(curve)
    return {epochs[at]: curve[epochs[at]] for at in spread_out(len(epochs), MOST_EPOCHS)}
