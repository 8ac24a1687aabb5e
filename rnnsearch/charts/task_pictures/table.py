"""Which function makes the chart of which kind of picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rnnsearch.charts.chart import Chart
from rnnsearch.charts.task_pictures.confusion import confusion_chart
from rnnsearch.charts.task_pictures.curves import curves_chart
from rnnsearch.charts.task_pictures.letters import letters_chart
from rnnsearch.charts.task_pictures.mistakes import mistakes_chart
from rnnsearch.charts.task_pictures.panels import panels_chart
from rnnsearch.charts.task_pictures.phase import phase_chart
from rnnsearch.charts.task_pictures.piano_roll import piano_roll_chart
from rnnsearch.charts.task_pictures.residuals import residuals_chart
from rnnsearch.charts.task_pictures.samples import samples_chart
from rnnsearch.charts.task_pictures.scatter import scatter_chart
from rnnsearch.figures.confusion import Confusion
from rnnsearch.figures.curves import Curves
from rnnsearch.figures.figure import Figure
from rnnsearch.figures.letters import Letters
from rnnsearch.figures.mistakes import Mistakes
from rnnsearch.figures.panels import Panels
from rnnsearch.figures.phase import PhasePortrait
from rnnsearch.figures.piano_roll import PianoRoll
from rnnsearch.figures.residuals import Residuals
from rnnsearch.figures.samples import Samples
from rnnsearch.figures.scatter import Scatter

CHARTS: Mapping[type, Callable[[Any], Chart]] = {
    Confusion: confusion_chart,
    Curves: curves_chart,
    Letters: letters_chart,
    Mistakes: mistakes_chart,
    Panels: panels_chart,
    PhasePortrait: phase_chart,
    PianoRoll: piano_roll_chart,
    Residuals: residuals_chart,
    Samples: samples_chart,
    Scatter: scatter_chart,
}


def chart_of(figure: Figure) -> Chart | None:
    """The chart of a picture, with all the detail that there is; None of one that a function of a
    person draws, and of a person's own kind."""
    make = CHARTS.get(type(figure.drawing))
    if make is None:
        return None
    return make(figure.drawing if figure.detail is None else figure.detail())
