"""The trials in their order, and the best value over time."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.history import MOST_BASELINES, history_chart
from rnnsearch.charts.progress import Way, progress_chart
from rnnsearch.report.blocks import Block, Drawn, Text
from rnnsearch.report.subject import Subject


def contents(subject: Subject) -> Iterator[Block]:
    if not any(point.finite is not None for point in subject.points):
        yield Text("No trial has a value yet.")
        return
    rivals = dict(list(subject.rivals.items())[:MOST_BASELINES])
    won = subject.champion
    yield Drawn(
        history_chart(
            subject.points,
            metric=subject.metric_label,
            goal=subject.goal,
            baselines=rivals,
            winner=None if won is None else won.number,
        ),
        "Each mark is a trial at its best epoch; the line is the best so far, and green lines are "
        "baselines. A click on a name in the legend hides it.",
    )
    way = way_of(subject)
    if way is not None:
        chart = progress_chart([way], metric=subject.metric_label, goal=subject.goal)
        yield Drawn(
            chart, "The best value so far over the time since the first start, pauses included."
        )


def way_of(subject: Subject) -> Way | None:
    """How the study's best value went; None where no trial has ended with a value."""
    rows, started = subject.analysis.best_so_far, subject.analysis.started
    steps = [
        row
        for place, row in enumerate(rows)
        if row["best"] is not None and (not place or row["best"] != rows[place - 1]["best"])
    ]
    if not steps:
        return None
    begin = rows[0]["time"] if started is None else started
    return Way(
        name=subject.name,
        seconds=[row["time"] - begin for row in steps],
        ended=[row["ended"] for row in steps],
        best=[row["best"] for row in steps],
        end_seconds=rows[-1]["time"] - begin,
        end_trials=rows[-1]["ended"],
    )
