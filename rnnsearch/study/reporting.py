"""The report of a study: its files read for it, and the page written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.disk import replace_file
from rnnsearch.errors import NoUsableTrialError
from rnnsearch.records.tracking_uri import shown_uri
from rnnsearch.space.trial import first_task
from rnnsearch.study.pictures import attempted, champion_model
from rnnsearch.tasks.load import load_data

if TYPE_CHECKING:
    from rnnsearch.figures.figure import Figure
    from rnnsearch.report.subject import Subject
    from rnnsearch.search.ledger.run_figures import RunFigures
    from rnnsearch.study.opened import OpenedStudy
    from rnnsearch.study.result import StudyResult
    from rnnsearch.tasks.base import Score, TaskData


def write_report(results: Sequence[StudyResult], path: Path) -> None:
    """Write the report of one study, or the comparison of several.

    Args:
        path: The HTML file; its folder is made.
    """
    from rnnsearch.report.page import page

    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, page([subject_of(one) for one in results]))


def report_at_end(
    study: OpenedStudy,
    baselines: Sequence[Score],
    run: RunFigures,
    figures: Sequence[Figure] | None,
    say: Callable[[str], None],
) -> None:
    """Write the report of a study whose search has ended, to lie with its pictures.

    It is made before the records are closed, so that they can take it along. Where it cannot be
    made, a line says so, and the study goes on to its end without it.

    Args:
        run: How this run of the driver went until now.
        figures: The pictures of the champion that were drawn; None where none were.
        say: Called with a line that should stay on the screen.
    """
    spec, directory, ledger = study.spec, study.directory, study.ledger
    # Where the task itself is sampled, the champion may have learned from other data.
    sampled = any(key.startswith("task.") for key in spec.parameters)

    def write() -> None:
        from rnnsearch.report.page import page
        from rnnsearch.search.finalist import rerun_values
        from rnnsearch.study.result import StudyResult

        notes, trials = ledger.notes, ledger.trials()
        result = StudyResult(
            spec=spec,
            directory=directory,
            trials=trials,
            baselines=baselines,
            champion=notes.champion,
            run=replace(run, tracking_uri=shown_uri(directory.storage, run.tracking_uri)),
            notes=notes.remarks,
            data=notes.data,
            tie_break=notes.tie_break,
            reruns=rerun_values(notes.finalists, trials),
            finished=notes.finished_stopped,
            refused=ledger.refused(),
            labels=notes.labels,
        )
        pictures = None if figures is None else lambda: figures
        subject = subject_of(result, None if sampled else study.data, pictures)
        replace_file(directory.report, page([subject]))

    attempted(write, "there is no report", directory.logs / "report.log", say)


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
    from rnnsearch.space.constraints import refused_words
    from rnnsearch.study.luck import finalist_lines, regret_lines
    from rnnsearch.study.next_space import advice_of

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
        luck=tuple(finalist_lines(result)),
        regret=tuple(regret_lines(result)),
        refused=refused_words(result.refused),
        advise=lambda: advice_of(result, data),
        draw_pictures=pictures or (lambda: champion_figures(result, data)),
    )


def champion_figures(result: StudyResult, data: TaskData | None = None) -> Sequence[Figure]:
    """What the task of a study shows of its champion, and the course of its training."""
    model = champion_model(result.winner(), result.trials, result.spec)
    return model.figures(data)
