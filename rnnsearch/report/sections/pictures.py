"""What the task itself shows of the winner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from rnnsearch.charts.task_pictures.table import chart_of
from rnnsearch.figures.figure import Figure, paths_of
from rnnsearch.report.blocks import Block, Drawn, Picture, Text
from rnnsearch.report.subject import Subject


def contents(subject: Subject) -> Iterator[Block]:
    won = subject.champion
    if won is None:
        return
    figures = subject.draw_pictures()
    if not figures:
        yield Text("The task has nothing to show of a model.")
    whose = f"study {subject.name}: trial {won.number}, seed {won.seed}"
    first = Path(won.figure) if won.figure else subject.directory.champion_figure
    for path, figure in zip(paths_of(first, figures), figures, strict=True):
        caption, chart = f"{whose}{figure.caption}", chart_of(figure)
        if chart is None:
            yield Picture(_png(path, figure, whose), caption)
        else:
            yield Drawn(chart, caption)


def _png(path: Path, figure: Figure, whose: str) -> bytes:
    """The picture as it was drawn at the end of the study, or as it is drawn now."""
    if path.is_file():
        return path.read_bytes()
    with TemporaryDirectory(prefix="rnnsearch-report-") as folder:
        path = Path(folder) / "picture.png"
        figure.draw(path, whose)
        return path.read_bytes()
