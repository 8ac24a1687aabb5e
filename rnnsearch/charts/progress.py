"""The best value so far of one study or of several, over time, training or ended trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.scale import value_axis
from rnnsearch.charts.style import DASHES, plain
from rnnsearch.figures.style import CURVES, shortened
from rnnsearch.goal import Goal

HEIGHT = 300
UNITS = (("days", 2 * 86400.0, 86400.0), ("hours", 2 * 3600.0, 3600.0), ("minutes", 120.0, 60.0))
"""Units of a span of time, from how many seconds on each is taken, and its seconds."""


Along = Literal["time", "training", "trials"]
"""What a study is measured along: the time since its first start, the training of all its ended
trials together, or their number."""

ALONG: tuple[Along, ...] = ("time", "training", "trials")


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one study went.

    Attributes:
        name: The study's.
        best: The best value at each step, and at the end of its last trial.
        places: Where each of them lies, rising; seconds, or a number of trials.
    """

    name: str
    best: Sequence[float]
    places: Mapping[Along, Sequence[float]]


def progress_chart(ways: Sequence[Way], *, metric: str, goal: Goal, along: Along = "time") -> Chart:
    """The best value so far of each study as a line of steps.

    Args:
        metric: The studies' metric with its unit.
    """
    span = max((way.places[along][-1] for way in ways), default=0.0)
    unit, scale = ("ended trials", 1.0) if along == "trials" else unit_of(span)
    traces: list[dict[str, Any]] = []
    for place, way in enumerate(ways):
        steps = len(way.best) - 1  # the last one is the end, where nothing became better
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plain(shortened(way.name, 40)),
                "x": np.array(way.places[along], dtype=np.float64) / scale,
                "y": np.array(way.best),
                "marker": {"size": [5] * steps + [0]},
                "line": {
                    "shape": "hv",
                    "width": 2,
                    "color": CURVES[place % len(CURVES)],
                    "dash": DASHES[place // len(CURVES) % len(DASHES)],
                },
                "hovertemplate": f"%{{y:.4g}} after %{{x:.3~f}} {unit}"
                f"<extra>{plain(way.name)}</extra>",
            }
        )
    lines = [list(way.best) for way in ways]
    axis, off = value_axis(
        [one for line in lines for one in line], goal, metric, height=HEIGHT, curves=lines
    )
    called = {
        "time": f"time since the first start ({unit})",
        "training": f"training, all trials ({unit})",
        "trials": unit,
    }[along]
    return Chart(
        traces=traces,
        layout={
            "xaxis": {"title": {"text": called}, "rangemode": "tozero"},
            "yaxis": axis,
            "showlegend": len(traces) > 1,
        },
        about=f"the best {metric} so far, along the {called}",
        height=HEIGHT,
        thinned=[off] if off else [],
    )


def unit_of(seconds: float) -> tuple[str, float]:
    """The unit in which a span of time is best read, and its seconds."""
    return next(((name, scale) for name, least, scale in UNITS if seconds >= least), ("s", 1.0))
