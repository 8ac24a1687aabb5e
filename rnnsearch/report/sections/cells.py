"""The trials of one cell beside those of another."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from rnnsearch.charts.cells import cells_chart
from rnnsearch.charts.point import TrialPoint, ranked
from rnnsearch.report.blocks import Block, Drawn, Table, Text
from rnnsearch.report.subject import Subject

KEYS = ("model.cell", "model.type")


def contents(subject: Subject) -> Iterator[Block]:
    key = next((one for one in KEYS if one in subject.spec.parameters), None)
    if key is None:
        fixed = next((subject.spec.values[one] for one in KEYS if subject.spec.values.get(one)), "")
        if not subject.own_loop and fixed:
            yield Text(f"Only one kind was trained: {fixed}.")
        return
    members = subject.spec.parameters[key].distribution.values()
    groups = [
        (str(one), [point for point in subject.points if point.params.get(key) == one])
        for one in members
    ]
    if any(ranked(trials) for _, trials in groups):
        chart = cells_chart(groups, metric=subject.metric_label, goal=subject.goal)
        yield Drawn(
            chart,
            "A box reaches from the first to the third quartile, with the median in "
            "it; its whiskers reach to the best and the worst.",
        )
    heads = ["cell", "trials", "best", "median", "complete", "diverged", "seconds an epoch"]
    rows = [_row(name, trials, subject) for name, trials in groups]
    yield Table(heads, rows)


def _row(name: str, trials: list[TrialPoint], subject: Subject) -> list[object]:
    values = [one.finite for one in ranked(trials) if one.finite is not None]
    timed = [one for one in trials if one.seconds is not None and one.epoch]
    epochs = sum(one.epoch for one in timed)
    return [
        name,
        len(trials),
        subject.goal.best(values) if values else None,
        statistics.median(values) if values else None,
        sum(one.state == "complete" for one in trials),
        sum(one.state == "diverged" for one in trials),
        sum(one.seconds or 0.0 for one in timed) / epochs if epochs else None,
    ]
