"""How much each parameter mattered, and what weakens that."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.importances import importances_chart
from rnnsearch.report.blocks import Block, Drawn, Listed, Text
from rnnsearch.report.subject import Subject

UNTOLD = "which parameters mattered: "
"""How an analysis begins to say why it has no importances."""


def contents(subject: Subject) -> Iterator[Block]:
    analysis = subject.analysis
    if not subject.spec.parameters:
        yield Text("Nothing was sampled, so nothing could matter.")
        return
    if not analysis.importances:
        why = [one.removeprefix(UNTOLD) for one in analysis.untold if one.startswith(UNTOLD)]
        yield Text(f"That cannot be told: {'; '.join(why) or 'no trial has ended'}.")
        return
    yield Drawn(importances_chart(analysis.importances), "The thin lines are intervals.")
    if analysis.warnings:
        yield Listed(list(analysis.warnings))
