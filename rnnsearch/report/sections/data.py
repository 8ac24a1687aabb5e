"""The data: where it comes from, how it is parted, and what it looks like."""

from __future__ import annotations

from collections.abc import Iterator

from rnnsearch.charts.parts import NAMES, classes_chart, numbers_chart, series_chart, sizes_chart
from rnnsearch.report.blocks import Block, Code, Drawn, Listed, Table, Text
from rnnsearch.report.subject import Subject
from rnnsearch.tasks.families import family
from rnnsearch.tasks.folds import folds_of
from rnnsearch.tasks.portrait import Portrait, Portrayed


def contents(subject: Subject) -> Iterator[Block]:
    if subject.own_loop:
        yield Text("The script reads its data by itself, so nothing is known of it here.")
        return
    data = subject.data
    rows = {str(part): count for part, count in data.rows().items()}
    counted = family(str(subject.spec.values["task.type"])).counted or "rows"
    if sum(rows.values()):
        folds = folds_of(data)
        note = f"Trials are validated on {folds} folds of the training part." if folds else ""
        yield Drawn(sizes_chart(rows, counted=counted), note)
    if isinstance(data, Portrayed):
        yield from _portrait(data.portrait())
    facts: list[list[object]] = [
        ["inputs a time step", f"{data.input_size:,}" + (" symbols" if data.symbolic else "")],
        ["outputs", f"{data.output_size:,}"],
        ["SHA-256 of all that was read", f"{data.sha256()[:16]}…"],
    ]
    yield Table(["fact", "value"], facts, caption="What a network sees of it")
    if notes := [note for note in data.notes() if note not in subject.notes]:  # told above
        yield Listed(notes)


def _portrait(portrait: Portrait) -> Iterator[Block]:
    """What the data looks like, each part by itself."""
    for quantity in portrait.quantities:
        lines = [(one.part, one.times, one.values) for one in quantity.stretches if len(one.values)]
        yield Drawn(series_chart(lines, along=quantity.along, up=quantity.up))
    if portrait.left_out:
        yield Listed([portrait.left_out])
    if portrait.classes:
        yield Drawn(classes_chart(portrait.classes))
    for title, numbers in portrait.numbers.items():
        yield Drawn(numbers_chart(numbers, title=title))
    for part, text in portrait.excerpts.items():
        if text:
            yield Code(f"How the {NAMES[part]} part begins", text.splitlines())
