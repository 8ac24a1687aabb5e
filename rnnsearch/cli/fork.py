"""The command that goes on in another space with the trials of a study."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rnnsearch.cli.options import RunOptions, SetOption, StudyName, count, trains
from rnnsearch.cli.training import drive, first_word, overriding


@trains
def fork(
    study: StudyName,
    as_: Annotated[
        str | None,
        typer.Option("--as", metavar="NEW", help="Name of the new study, if not NAME-forked."),
    ] = None,
    widen: Annotated[
        bool,
        typer.Option(
            "--widen", help="Widen the ranges at whose ends the best trials lie, as analyse says."
        ),
    ] = False,
    trials: Annotated[
        int | None, count(metavar="N", help="How many new trials, in the place of num_trials.")
    ] = None,
    set_: SetOption = None,
    *,
    options: RunOptions,
) -> None:
    """Go on with a study's trials in a wider or changed space, as a study of its own."""
    first_word(f"rnnsearch: opening {study}", options)
    from rnnsearch.study import Study

    with overriding({"--trials": trials, "--time-budget": options.time_budget}) as more:
        forked, lines = Study.open(study, storage=options.storage).forked(
            name=as_, overrides=[*(set_ or ()), *more], widen=widen, ledger=options.ledger
        )
    if not options.quiet:
        print(*lines, sep="\n", file=sys.stderr)
    drive(forked, options)
