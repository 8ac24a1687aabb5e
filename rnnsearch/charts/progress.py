"""The best value so far of one study or of several, over time or over ended trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.history import baseline_lines
from rnnsearch.charts.scale import value_axis
from rnnsearch.charts.style import DASHES, plain
from rnnsearch.figures.style import CURVES, shortened
from rnnsearch.goal import Goal

HEIGHT = 340
UNITS = (("days", 2 * 86400.0, 86400.0), ("hours", 2 * 3600.0, 3600.0), ("minutes", 120.0, 60.0))
"""Units of a span of time, from how many seconds on each is taken, and its seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How one study went.

    Attributes:
        name: The study's.
        seconds: Since its first start, of each step of the best value, rising.
        ended: How many trials had ended by then.
        best: The best value from then on.
        end_seconds: When its last trial ended.
        end_trials: How many trials ended in all.
    """

    name: str
    seconds: Sequence[float]
    ended: Sequence[int]
    best: Sequence[float]
    end_seconds: float
    end_trials: int


def progress_chart(
    ways: Sequence[Way],
    *,
    metric: str,
    goal: Goal,
    over_time: bool = True,
    baselines: Mapping[str, float] | None = None,
) -> Chart:
    """The best value so far of each study as a line of steps.

    Args:
        metric: The studies' metric with its unit.
        over_time: Whether along the time since each study's first start, else along ended trials.
        baselines: Lines beside them, by name.
    """
    span = max((way.end_seconds for way in ways), default=0.0)
    unit, scale = unit_of(span)
    baselines = baselines or {}
    traces: list[dict[str, Any]] = []
    for place, way in enumerate(ways):
        along = [*(one / scale for one in way.seconds), way.end_seconds / scale]
        if not over_time:
            along = [*way.ended, way.end_trials]
        at = f"after %{{x:.3~f}} {unit}" if over_time else "after %{x} ended trials"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": plain(shortened(way.name, 40)),
                "x": np.array(along),
                "y": np.array([*way.best, *way.best[-1:]]),
                "marker": {"size": 5},
                "line": {
                    "shape": "hv",
                    "width": 2,
                    "color": CURVES[place % len(CURVES)],
                    "dash": DASHES[place // len(CURVES) % len(DASHES)],
                },
                "hovertemplate": f"%{{y:.4g}} {at}<extra>{plain(way.name)}</extra>",
            }
        )
    values = [value for way in ways for value in way.best]
    every = [*values, *baselines.values()]
    lines = [list(way.best) for way in ways]
    axis, off = value_axis(every, goal, metric, height=HEIGHT, curves=lines)
    end = span / scale if over_time else float(max((way.end_trials for way in ways), default=1))
    traces += baseline_lines(baselines, 0, end, axis)
    along_name = f"time since the first start ({unit})" if over_time else "ended trials"
    return Chart(
        traces=traces,
        layout={
            "xaxis": {"title": {"text": along_name}, "rangemode": "tozero"},
            "yaxis": axis,
            "showlegend": len(traces) > 1,
        },
        about=f"the best {metric} so far, along the {along_name}",
        height=HEIGHT,
        thinned=[off] if off else [],
    )


def unit_of(seconds: float) -> tuple[str, float]:
    """The unit in which a span of time is best read, and its seconds."""
    return next(((name, scale) for name, least, scale in UNITS if seconds >= least), ("s", 1.0))
