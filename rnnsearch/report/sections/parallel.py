"""All parameters of all trials at once."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.parallel import parallel_chart
from rnnsearch.charts.point import ranked
from rnnsearch.report.blocks import Block, Drawn
from rnnsearch.report.subject import Subject


def contents(subject: Subject) -> Iterator[Block]:
    if len(subject.dimensions) < 2 or len(ranked(subject.points)) < 2:
        return
    metric = subject.metric_name
    chart = parallel_chart(subject.points, subject.dimensions, metric=metric, goal=subject.goal)
    yield Drawn(
        chart,
        "Each line is a trial, the darker the better its rank. Drag along an axis to keep the "
        "lines that cross it there; drag its name to move it. A narrow page shows the first axes.",
    )
