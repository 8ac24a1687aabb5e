"""The value over two parameters at once, smoothed over the trials that lie near."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.point import TrialPoint, ranked, thinned
from rnnsearch.charts.scale import is_log
from rnnsearch.charts.style import SCALE
from rnnsearch.charts.upright import upright
from rnnsearch.figures.style import INK
from rnnsearch.goal import Goal

HEIGHT = 460
GRID = 48
"""Places along an axis of numbers at which a value is told."""
WIDTH = 0.06
"""How far a trial speaks for its neighbourhood, in shares of an axis: a Gaussian's deviation."""
LEAST_WEIGHT = 0.2
"""Less weight of near trials than this leaves a place blank; a trial at the very place has 1."""
MOST_POINTS = 400


def contour_chart(
    trials: Sequence[TrialPoint],
    across: Dimension,
    up: Dimension,
    *,
    metric: str,
    goal: Goal,
) -> Chart:
    """The smoothed value over two parameters, and the trials that it is made of.

    Args:
        metric: The study's metric with its unit.
    """
    usable = [
        one
        for one in ranked(trials)
        if np.isfinite(across.position(one.params)) and np.isfinite(up.position(one.params))
    ]
    values = np.array([one.finite for one in usable], dtype=np.float64)
    log = is_log(values)
    shown = np.log10(values) if log else values
    worst = float(np.percentile(shown, 90 if goal is Goal.MINIMIZE else 10))
    shown = np.minimum(shown, worst) if goal is Goal.MINIMIZE else np.maximum(shown, worst)
    xs = np.array([across.position(one.params) for one in usable])
    ys = np.array([up.position(one.params) for one in usable])
    grid_x, grid_y = _grid(across, xs), _grid(up, ys)
    surface = _smoothed(
        (_unit(grid_x, xs, across), _unit(xs, xs, across)),
        (_unit(grid_y, ys, up), _unit(ys, ys, up)),
        shown,
    )
    order = sorted(usable, key=lambda one: (goal.cost(one.finite or 0.0), one.number))
    kept = thinned(usable, MOST_POINTS, [one.number for one in order])
    numbers = across.members is None and up.members is None
    bar: dict[str, Any] = {
        "title": {"text": upright(metric, HEIGHT), "side": "right", "font": {"size": 13}},
        "thickness": 14,
        "outlinewidth": 0,
    }
    if log:
        low, high = float(np.nanmin(surface)), float(np.nanmax(surface))
        ticks = Dimension(key=metric, log=True).ticks(low, high)
        bar |= {} if ticks is None else {"tickvals": ticks[0], "ticktext": ticks[1]}
    thin = [
        f"The colour is that of {len(usable):,} trials, each weighed by how near it lies; where "
        "none is near, nothing is drawn. The worst tenth counts as the best of it."
    ]
    if len(kept) < len(usable):
        thin.append(f"{len(kept):,} of these trials have a mark.")
    return Chart(
        traces=[
            {
                "type": "contour" if numbers else "heatmap",
                "x": grid_x,
                "y": grid_y,
                "z": surface,
                "colorscale": SCALE,
                "reversescale": goal is Goal.MAXIMIZE,
                "colorbar": bar,
                "hoverinfo": "skip",
                "connectgaps": False,
                **({"contours": {"showlines": False}, "ncontours": 24} if numbers else {}),
            },
            {
                "type": "scatter",
                "mode": "markers",
                "x": np.array([across.position(one.params) for one in kept]),
                "y": np.array([up.position(one.params) for one in kept]),
                "text": [
                    f"{one.number}: {across.said(one.params)}, {up.said(one.params)}"
                    for one in kept
                ],
                "customdata": np.array([one.finite for one in kept], dtype=np.float64),
                "marker": {
                    "size": 4,
                    "color": "rgba(255,255,255,0.75)",
                    "line": {"width": 0.8, "color": INK},
                },
                "hovertemplate": "trial %{text}<br>%{customdata:.4g}<extra></extra>",
                "showlegend": False,
            },
        ],
        layout={"xaxis": across.axis(xs), "yaxis": up.axis(ys)},
        about=f"{metric} over {across.key} and {up.key}",
        height=HEIGHT,
        thinned=thin,
    )


def _grid(dimension: Dimension, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The places along an axis at which a value is told."""
    if dimension.members is not None:
        return np.arange(len(dimension.members), dtype=np.float64)
    return np.linspace(places.min(), places.max(), GRID)


def _unit(
    places: NDArray[np.float64], of: NDArray[np.float64], dimension: Dimension
) -> NDArray[np.float64]:
    """Places in shares of their axis; members of a choice lie so far apart that none speaks for
    another."""
    if dimension.members is not None:
        return places * 10.0
    low, high = float(of.min()), float(of.max())
    shares: NDArray[np.float64] = (places - low) / ((high - low) or 1.0)
    return shares


def _smoothed(
    across: tuple[NDArray[np.float64], NDArray[np.float64]],
    up: tuple[NDArray[np.float64], NDArray[np.float64]],
    values: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The mean of the values around each place of the grid [up, across], NaN where none is near.

    Args:
        across, up: The grid's places and the trials', in shares of the axis.
    """
    near_x = np.exp(-0.5 * ((across[0][:, None] - across[1]) / WIDTH) ** 2)
    near_y = np.exp(-0.5 * ((up[0][:, None] - up[1]) / WIDTH) ** 2)
    weight = near_y @ near_x.T
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (near_y * values) @ near_x.T / weight
    known: NDArray[np.float64] = np.where(weight >= LEAST_WEIGHT, mean, np.nan)
    return known
