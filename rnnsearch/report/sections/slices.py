"""The value over each parameter alone."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.point import ranked
from rnnsearch.charts.slices import slice_chart
from rnnsearch.report.blocks import Block, Grid
from rnnsearch.report.subject import Subject

MOST = 12
"""Parameters that have a chart; the most important ones."""


def contents(subject: Subject) -> Iterator[Block]:
    if len(ranked(subject.points)) < 2 or not subject.dimensions:
        return
    shown = subject.dimensions[:MOST]
    more = (
        f" The first {MOST} of {len(subject.dimensions)} parameters are drawn."
        if len(subject.dimensions) > MOST
        else ""
    )
    charts = [
        slice_chart(subject.points, one, metric=subject.metric_label, goal=subject.goal)
        for one in shown
    ]
    yield Grid(charts, f"Blue: complete; grey: stopped, at its best epoch until then.{more}")
