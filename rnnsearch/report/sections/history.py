"""The trials in their order, and the best value over time."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.history import MOST_BASELINES, history_chart
from rnnsearch.charts.progress import ALONG, Way, progress_chart
from rnnsearch.report.blocks import Block, Drawn, Grid, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.search.best_over_time import had_it_ended, improvements
from rnnsearch.space.words import duration


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
        charts = [
            progress_chart([way], metric=subject.metric_label, goal=subject.goal, along=along)
            for along in ALONG
        ]
        yield Grid(
            charts,
            "What the study would have given, had it ended earlier: the best value so far over the "
            "time since the first start (pauses included), over the training of all ended trials "
            "together (device time), and over ended trials.",
        )
        yield _earlier(subject)


def way_of(subject: Subject) -> Way | None:
    """How the study's best value went; None where no trial has ended with a value."""
    moments = subject.analysis.best_so_far
    if not (steps := improvements(moments)):
        return None
    places = [*steps, moments[-1]]
    return Way(
        name=subject.name,
        best=[one.best for one in places if one.best is not None],
        places={
            "time": [one.wall_seconds for one in places],
            "training": [one.training_seconds for one in places],
            "trials": [one.ended for one in places],
        },
    )


def _earlier(subject: Subject) -> Table:
    """The best value after shares of the study's time, and of its training."""
    moments = subject.analysis.best_so_far
    by_time = had_it_ended(moments, lambda one: one.wall_seconds)
    by_training = had_it_ended(moments, lambda one: one.training_seconds)
    rows = [
        [
            f"{wall.share:.0%}",
            *(duration(wall.spent), wall.moment and wall.moment.best),
            *(duration(device.spent), device.moment and device.moment.best),
        ]
        for wall, device in zip(by_time, by_training, strict=True)
    ]
    heads = ["after", "of the time", "best", "of the training", "best"]
    return Table(heads, rows, caption="Had it ended earlier")
