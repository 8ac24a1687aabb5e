"""How much each parameter mattered, and what weakens that."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.importances import importances_chart
from rnnsearch.report.blocks import Block, Drawn, Listed, Text
from rnnsearch.report.subject import Subject


def contents(subject: Subject) -> Iterator[Block]:
    analysis = subject.analysis
    if not subject.spec.parameters:
        yield Text("Nothing was sampled, so nothing could matter.")
        return
    if not analysis.importances:
        yield Text("; ".join(analysis.untold) or "There are no importances.")
        return
    intervals = any(row.get("low") is not None for row in analysis.importances)
    yield Drawn(
        importances_chart(analysis.importances),
        "The thin lines are intervals." if intervals else "",
    )
    if analysis.warnings:
        yield Listed(list(analysis.warnings))
