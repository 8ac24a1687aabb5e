"""The value over the two most important parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rnnsearch.charts.contour import contour_chart
from rnnsearch.charts.dimension import Dimension
from rnnsearch.charts.point import TrialPoint, ranked
from rnnsearch.report.blocks import Block, Drawn, Text
from rnnsearch.report.subject import Subject

FEWEST = 10
"""Trials without which no surface is drawn."""


def contents(subject: Subject) -> Iterator[Block]:
    usable = ranked(subject.points)
    if len(subject.dimensions) < 2 or len(usable) < 2:
        return
    varied = (one for one in subject.dimensions if _varies(one, usable))
    across, up = next(varied, None), next(varied, None)
    if across is None or up is None:
        return
    both = [one for one in usable if across.key in one.params and up.key in one.params]
    if len(both) < FEWEST:
        yield Text(f"{len(both)} trials with a value are too few for a surface; it takes {FEWEST}.")
        return
    chart = contour_chart(both, across, up, metric=subject.metric_label, goal=subject.goal)
    why = (
        " Which parameters mattered is not known: of those that every trial has these are the "
        "first, numbers before choices."
    )
    known = bool(subject.analysis.importances)
    yield Drawn(chart, "Dark is better." + ("" if known else why))


def _varies(dimension: Dimension, trials: Sequence[TrialPoint]) -> bool:
    """Whether the trials that have a parameter differ in it."""
    places = {dimension.position(one.params) for one in trials}
    return len({place for place in places if math.isfinite(place)}) > 1
