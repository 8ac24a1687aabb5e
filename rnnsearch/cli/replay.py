"""The command `replay`: another stopping rule on the recorded curves of a study."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.options import FormatOption, Storage, StudyName
from rnnsearch.cli.text import print_json, print_table, print_wrapped
from rnnsearch.commands import DEFAULT_STORAGE
from rnnsearch.errors import SpaceFileError
from rnnsearch.space.words import duration, short

if TYPE_CHECKING:
    from rnnsearch.search.replay import Course, Replay
    from rnnsearch.study import StudyResult


def replay(
    name: StudyName,
    scheduler: Annotated[
        str,
        typer.Option(
            metavar="RULE",
            help="The rule, as under search.scheduler of a space file: "
            "'{type: median, min_trials: 3}', or its name alone.",
        ),
    ],
    storage: Storage = DEFAULT_STORAGE,
    format_: FormatOption = "text",
) -> None:
    """Tell what another stopping rule would have saved and lost on the recorded curves of a study,
    in the recorded order. Nothing is trained."""
    from rnnsearch.study import Study

    result = Study.open(name, storage=storage).result()
    try:
        outcome = result.replay(scheduler)
    except SpaceFileError as error:
        option = f"--scheduler {scheduler}"
        raise SpaceFileError([replace(one, source=option) for one in error.mistakes]) from None
    if format_ == "json":
        search = result.spec.search
        of = {"study": name, "metric": search.metric, "scheduler": scheduler}
        print_json({**of, **asdict(outcome), "exact": outcome.exact})
    else:
        _print(result, outcome, scheduler)


def _print(result: StudyResult, outcome: Replay, scheduler: str) -> None:
    metric, recorded, replayed = result.spec.search.metric, outcome.recorded, outcome.replayed
    rule = getattr(result.spec.search.scheduler, "type", "a custom rule")
    print_table(
        [
            _row(f"recorded: {rule}", recorded, metric),
            _row(f"replayed: {scheduler}", replayed, metric),
        ]
    )
    lines = []
    if outcome.stops:
        stops = ", ".join(f"{row['trials']} at epoch {row['epoch']}" for row in outcome.stops)
        lines.append(f"it stops {stops}")
    if outcome.favourite is not None:
        who = "the champion" if result.champion else "the best trial"
        ending = f"is {outcome.favourite_reason}" if outcome.favourite_reason else "goes on"
        lines.append(f"{who}, trial {outcome.favourite}, {ending}")
    saved = recorded.epochs - replayed.epochs
    if recorded.epochs:
        lines.append(
            f"saved: {saved:,} of {recorded.epochs:,} epochs ({saved / recorded.epochs:.0%})"
        )
    if not outcome.together_known:
        lines.append(
            "an older version of rnnsearch began the study and did not note which reports arrived "
            "together: decisions may differ where trials met at one epoch"
        )
    if not outcome.cut_short:
        lines.append("all curves go as far as the rule would have trained them: nothing is unknown")
    else:
        lines.append(
            f"not known: {outcome.cut_short} of {outcome.trials} trials would have been trained "
            f"beyond the end of their curves, for at most {outcome.cut_epochs:,} epochs, which are "
            "not counted above; a study with `scheduler: {type: none}` knows all curves"
        )
    lines.append("a sampler that learns would have proposed other trials after other stops")
    print()
    print_wrapped(lines)


def _row(what: str, course: Course, metric: str) -> dict[str, Any]:
    best = "" if course.best is None else f"{short(course.best)} (trial {course.best_number})"
    return {
        "": what,
        "stopped": course.stopped,
        "epochs": course.epochs,
        "training": duration(course.seconds),
        f"best {metric}": best,
    }
