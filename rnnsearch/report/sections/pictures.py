"""What the task itself shows of the winner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rnnsearch.report.blocks import Block, Picture, Text
from rnnsearch.report.subject import Subject


def contents(subject: Subject) -> Iterator[Block]:
    if subject.champion is None:
        return
    figures = subject.draw_pictures()
    if not figures:
        yield Text("The task has nothing to show of a model.")
    whose = f"study {subject.name}: trial {subject.champion.number}, seed {subject.champion.seed}"
    for figure in figures:
        with TemporaryDirectory(prefix="rnnsearch-report-") as folder:
            path = Path(folder) / "picture.png"
            figure.draw(path, whose)
            yield Picture(path.read_bytes(), f"{whose}{figure.caption}")
