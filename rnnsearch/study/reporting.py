"""The report of a study: its files read for it, and the page written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.disk import replace_file
from rnnsearch.errors import NoUsableTrialError
from rnnsearch.space.trial import first_task
from rnnsearch.study.pictures import champion_model
from rnnsearch.tasks.load import load_data

if TYPE_CHECKING:
    from rnnsearch.figures.figure import Figure
    from rnnsearch.report.subject import Subject
    from rnnsearch.study.result import StudyResult
    from rnnsearch.tasks.base import TaskData


def write_report(results: Sequence[StudyResult], path: Path) -> None:
    """Write the report of one study, or the comparison of several.

    Args:
        path: The HTML file; its folder is made.
    """
    from rnnsearch.report.page import page

    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, page([subject_of(one) for one in results]))


def subject_of(
    result: StudyResult,
    data: TaskData | None = None,
    pictures: Callable[[], Sequence[Figure]] | None = None,
) -> Subject:
    """A study's result as the report takes it.

    Args:
        data: The study's data; None reads it where it is needed.
        pictures: Gives what the task shows of the champion; None loads the champion for it.
    """
    from rnnsearch.report.subject import Subject

    try:
        best = result.best_trial
    except NoUsableTrialError:
        best = None
    return Subject(
        spec=result.spec,
        directory=result.directory,
        trials=result.trials,
        baselines=result.baselines,
        best=best,
        champion=result.champion,
        run=result.run,
        state=result.state,
        reason=result.reason,
        notes=result.notes,
        fingerprints=result.data,
        board=result.leaderboard(),
        analysis=result.analysis(),
        load_data=(lambda: load_data(first_task(result.spec))) if data is None else lambda: data,
        draw_pictures=pictures or (lambda: champion_figures(result, data)),
    )


def champion_figures(result: StudyResult, data: TaskData | None = None) -> Sequence[Figure]:
    """What the task of a study shows of its champion, and the course of its training."""
    model = champion_model(result.winner(), result.trials, result.spec)
    return model.figures(data)
