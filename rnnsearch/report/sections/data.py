"""The data: where it comes from, how it is parted, and what it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.parts import sizes_chart
from rnnsearch.report.blocks import Block, Drawn, Listed, Table
from rnnsearch.report.subject import Subject
from rnnsearch.tasks.families import family


def contents(subject: Subject) -> Iterator[Block]:
    if subject.own_loop:
        yield Listed(["The script reads its data by itself, so nothing is known of it here."])
        return
    data = subject.data
    rows = {str(part): count for part, count in data.rows().items()}
    counted = family(str(subject.spec.values["task.type"])).counted or "rows"
    if sum(rows.values()):
        yield Drawn(sizes_chart(rows, counted=counted))
    facts: list[list[object]] = [
        ["inputs a time step", f"{data.input_size:,}" + (" symbols" if data.symbolic else "")],
        ["outputs", f"{data.output_size:,}"],
        ["SHA-256 of all that was read", f"{data.sha256()[:16]}…"],
    ]
    yield Table(["fact", "value"], facts, caption="What a network sees of it")
    if notes := list(data.notes()):
        yield Listed(notes)
