"""The sections of a report in their order: a new one is a file in `sections/` and a line here."""

from __future__ import annotations

from rnnsearch.report.section import Section
from rnnsearch.report.sections import (
    advice,
    cells,
    contour,
    cost,
    curves,
    data,
    front,
    history,
    importances,
    parallel,
    pictures,
    question,
    side_by_side,
    slices,
    survival,
    use,
    winner,
)

OF_A_STUDY = (
    Section("question", "The question", question.contents),
    Section("data", "The data", data.contents),
    Section("winner", "The winner", winner.contents),
    Section("front", "The front of all goals", front.contents),
    Section("pictures", "The winner at work", pictures.contents),
    Section("cost", "What was tried, and what it cost", cost.contents),
    Section("history", "History", history.contents),
    Section("curves", "Learning curves", curves.contents),
    Section("survival", "Survival by rung", survival.contents),
    Section("importances", "Which parameters mattered", importances.contents),
    Section("parallel", "All parameters at once", parallel.contents),
    Section("slices", "Each parameter alone", slices.contents),
    Section("contour", "Two parameters together", contour.contents),
    Section("cells", "Cell against cell", cells.contents),
    Section("advice", "What to search next", advice.contents),
    Section("use", "Load, serve and reproduce", use.contents),
)
"""Of the report of one study; each takes a `Subject`."""

OF_SEVERAL = (
    Section("questions", "The questions", side_by_side.questions),
    Section("winners", "The winners", side_by_side.winners),
    Section("progress", "Best value so far", side_by_side.progress),
    Section("curves", "Learning curves of the winners", side_by_side.curves),
    Section("parameters", "The winners' parameters", side_by_side.parameters),
    Section("costs", "What was tried, and what it cost", side_by_side.costs),
    Section("reports", "Each study by itself", side_by_side.reports),
)
"""Of the comparison of several studies; each takes all their `Subject`s."""
