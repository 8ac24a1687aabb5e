"""The command `reproduce`: train a trial again from its record, and compare to the last bit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import MOST, FormatOption, Quiet, Storage, TrackingUri
from rnnsearch.cli.progress_line import ProgressLine
from rnnsearch.cli.text import print_json, print_wrapped
from rnnsearch.commands import DEFAULT_STORAGE
from rnnsearch.errors import InputError

if TYPE_CHECKING:
    from rnnsearch.study.reproduction.ensemble import EnsembleReproduction
    from rnnsearch.study.reproduction.reproduce import Reproduction

RUN = "runs:/"
"""How MLflow's address of a run begins."""


def reproduce(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A study in the storage folder, or runs:/ID of MLflow."
        ),
    ],
    trial: Annotated[
        int | None,
        typer.Argument(
            metavar="[TRIAL]",
            min=0,
            max=MOST,
            help="Its number; without one the champion, of a mean of trainings each of them. None "
            "behind runs:/ID.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Of a finalist, the training with this seed, as `show` has it; without it the "
            "trial's own.",
        ),
    ] = None,
    allow_changed_code: Annotated[
        bool,
        typer.Option(
            "--allow-changed-code",
            help="Train with a script or a module of your own whose source has changed since.",
        ),
    ] = False,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    quiet: Quiet = False,
    format_: FormatOption = "text",
) -> None:
    """Train a trial or the champion again from its record, in a new process, and compare it epoch
    by epoch to the last bit. Exit status 0 where no bit differs, 1 where one does, 2 where it
    cannot be trained: the data or code has changed, or there is no such trial."""
    from rnnsearch.study import Study

    if name.startswith(RUN):
        if trial is not None:
            raise InputError(f"{name} names its trial itself: leave {trial} out.")
        name, trial, seed = _of_run(name.removeprefix(RUN), seed, storage, tracking_uri)
    elif trial is None and seed is not None:
        raise InputError(
            f"the seed {seed} of which trial of {name}? Give its number behind the name of the "
            "study, or leave --seed out for the champion."
        )
    study = Study.open(name, storage=storage)
    what = "the champion" if trial is None else f"trial {trial}"
    with ProgressLine(quiet=quiet) as line:

        def progress(done: int, total: int) -> None:
            line.say(f"training {what} again: epoch {done} of {total}")

        made = study.reproduce(
            trial, seed, allow_changed_code=allow_changed_code, progress=progress
        )
    if format_ == "json":
        print_json(made.as_json())
    else:
        print_wrapped([*_head(made), *made.lines()])
    sys.exit(0 if made.same else 1)


def _head(made: Reproduction | EnsembleReproduction) -> list[str]:
    """What was trained again; the lines of several trainings say it themselves."""
    from rnnsearch.study.reproduction.reproduce import Reproduction

    if not isinstance(made, Reproduction):
        return []
    record = made.record
    other = "" if record.seed == record.trial_seed else f" with the seed {record.seed}"
    return [f"{record.name}{other}: {record.ending}"]


def _of_run(
    run_id: str, seed: int | None, storage: Path, tracking_uri: str | None
) -> tuple[str, int | None, int | None]:
    """The study, trial and seed of a run in MLflow.

    Raises:
        InputError: The run stands for no trial, or for one of another study of that name.
    """
    from rnnsearch.cli.store import existing, named_store
    from rnnsearch.records.mlflow.trial_of_run import trial_of_run
    from rnnsearch.records.outbox import study_id
    from rnnsearch.search.directory import StudyDirectory

    run = trial_of_run(existing(named_store(storage, tracking_uri)).uri, run_id)
    outbox = StudyDirectory.find(storage, run.study).outbox
    known = study_id(outbox) if outbox.is_dir() else ""
    if known and run.study_id and known != run.study_id:
        raise InputError(
            f"the run {run_id} belongs to another study named {run.study} than the one in "
            f"{storage}. Name the folder of that one with --storage."
        )
    if run.number is None and seed is not None:
        raise InputError(
            f"{RUN}{run_id} is a study whose champion is a mean of several trainings, each with "
            "a seed of its own: leave --seed out."
        )
    return run.study, run.number, run.seed if seed is None else seed
