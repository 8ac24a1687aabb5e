"""How many trials came to each rung, and what became of them there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.point import TrialPoint, spread_out
from rnnsearch.charts.style import pattern
from rnnsearch.figures.style import BLUE, GREY, ORANGE, PURPLE, SKY

MOST_RUNGS = 40
"""Rungs that have a bar; of more an even choice."""


def survival_chart(
    trials: Sequence[TrialPoint], *, rungs: Sequence[int], rungs_called: str, last: int
) -> Chart:
    """A bar for each rung: the trials that came to it, by what became of them before the next.

    Args:
        rungs: Epochs at which trials were stopped, rising.
        rungs_called: What the stopping rule calls them.
        last: The last epoch of a complete trial.
    """
    every = [1, *(rung for rung in rungs if 1 < rung < last), last] if last > 1 else [last]
    if len(every) > MOST_RUNGS:
        every = [every[at] for at in spread_out(len(every), MOST_RUNGS)]
    counts: dict[str, list[int]] = {name: [] for name in _FATES}
    for place, epoch in enumerate(every):
        after = every[place + 1] if place + 1 < len(every) else None
        here = [one for one in trials if one.epoch >= epoch]
        for name in counts:
            counts[name].append(sum(_fate(one, after) == name for one in here))
    ticks = [f"{epoch:,}" for epoch in every]
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "name": name,
            "x": ticks,
            "y": np.array(numbers),
            "marker": {"color": color, "pattern": pattern(shape)},
            "hovertemplate": f"epoch %{{x}}: %{{y:,}} trials {name}<extra></extra>",
        }
        for (name, numbers), (color, shape) in zip(counts.items(), _FATES.values(), strict=True)
        if any(numbers)
    ]
    reached = [sum(one.epoch >= epoch for one in trials) for epoch in every]
    first = max(reached[0], 1) if reached else 1
    words = [
        f"{count:,}" if count == first else f"{count:,} ({count / first:.0%})" for count in reached
    ]
    traces.append(
        {
            "type": "scatter",
            "mode": "text",
            "x": ticks,
            "y": np.array(reached),
            "text": words,
            "textposition": "top center",
            "textfont": {"size": 11},
            "hoverinfo": "skip",
            "showlegend": False,
            "cliponaxis": False,
        }
    )
    return Chart(
        traces=traces,
        layout={
            "barmode": "stack",
            "legend": {"traceorder": "normal"},
            "bargap": 0.25,
            "xaxis": {
                "title": {"text": f"epoch: the first, {rungs_called}, and the last"},
                "type": "category",
            },
            "yaxis": {"title": {"text": "trials that came so far"}, "rangemode": "tozero"},
        },
        about="how many trials came to each rung, and how many went on from there",
        height=340,
        thinned=[f"An even choice of {len(every)} of {len(rungs)} {rungs_called} is drawn."]
        if len(rungs) > MOST_RUNGS
        else [],
    )


_FATES = {
    "went on or were completed": (BLUE, ""),
    "were stopped here": (GREY, "/"),
    "diverged from here on": (PURPLE, "x"),
    "failed from here on": (ORANGE, "\\"),
    "are at work or wait": (SKY, "."),
}


def _fate(trial: TrialPoint, after: int | None) -> str:
    """What became of a trial that came to a rung.

    Args:
        after: The next rung; None at the last one.
    """
    names = list(_FATES)
    if trial.state == "complete" or (after is not None and trial.epoch >= after):
        return names[0]
    by_state = {"pruned": names[1], "diverged": names[2], "failed": names[3]}
    return by_state.get(trial.state, names[4])
