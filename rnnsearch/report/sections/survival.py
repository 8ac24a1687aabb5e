"""How many trials came to each rung."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.survival import survival_chart
from rnnsearch.report.blocks import Block, Drawn, Listed, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.stopping.rule import rungs_called


def contents(subject: Subject) -> Iterator[Block]:
    rule = subject.spec.stopping_rule()
    if not any(point.epoch for point in subject.points):
        yield Text("No trial has finished an epoch yet.")
        return
    if not rule.rungs and not any(point.state != "complete" for point in subject.points):
        yield Text("No stopping rule was at work: every trial went to its last epoch.")
        return
    chart = survival_chart(
        subject.points, rungs=rule.rungs, rungs_called=rungs_called(rule), last=subject.max_epochs
    )
    yield Drawn(chart)
    if stops := subject.analysis.stops:
        rows = [[row["how"], row["epoch"], row["trials"]] for row in stops[:20]]
        hidden = len(stops) - len(rows)
        caption = "Who was stopped where" + (
            f"; {hidden} more rows are not shown" if hidden else ""
        )
        yield Table(["how", "epoch", "trials"], rows, caption=caption)
    if told := [*subject.analysis.stopping, *subject.regret]:
        yield Listed([f"{one[0].upper()}{one[1:]}." for one in told])
