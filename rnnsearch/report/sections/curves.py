"""The learning curves, by the rung at which each trial ended."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.learning_curves import curves_chart
from rnnsearch.report.blocks import Block, Drawn, Text
from rnnsearch.report.subject import Subject
from rnnsearch.stopping.rule import rungs_called


def contents(subject: Subject) -> Iterator[Block]:
    if not any(point.curve for point in subject.points):
        yield Text("No trial has finished an epoch yet.")
        return
    rule = subject.spec.stopping_rule()
    chart = curves_chart(
        subject.points,
        metric=subject.metric_label,
        goal=subject.goal,
        rungs=rule.rungs,
        rungs_called=rungs_called(rule),
        last=subject.max_epochs,
        winner=None if subject.best is None else subject.best.number,
    )
    yield Drawn(
        chart,
        "From light to dark brown: stopped early to late. Blue ones came to the last epoch.",
    )
