"""The command `reproduce`: train a trial again from its record, and compare to the last bit."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from rnnsearch.cli.options import MOST, FormatOption, Quiet, Storage, TrackingUri
from rnnsearch.cli.text import print_json, print_wrapped
from rnnsearch.commands import DEFAULT_STORAGE
from rnnsearch.errors import InputError

RUN = "runs:/"
"""How MLflow's address of a run begins."""
SAY_SECONDS = 5.0
"""Seconds between two lines of progress, where they cannot be written over each other."""


def reproduce(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A study in the storage folder, or runs:/ID of MLflow."
        ),
    ],
    trial: Annotated[
        int | None,
        typer.Argument(metavar="TRIAL", min=0, max=MOST, help="Its number; none behind runs:/ID."),
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
    """Train a trial again from its record, in a new process, and compare it epoch by epoch to the
    last bit. Exit status 0 where no bit differs, 1 where one does, 2 where it cannot be trained:
    the data or code has changed, or there is no such trial."""
    from rnnsearch.study import Study

    if name.startswith(RUN):
        if trial is not None:
            raise InputError(f"{name} names its trial itself: leave {trial} out.")
        name, trial, seed = _of_run(name.removeprefix(RUN), seed, storage, tracking_uri)
    elif trial is None:
        raise InputError(f"which trial of {name}? Give its number behind the name of the study.")
    study = Study.open(name, storage=storage)
    with _Progress(f"training trial {trial} again", quiet=quiet) as progress:
        done = study.reproduce(
            trial, seed, allow_changed_code=allow_changed_code, progress=progress
        )
    if format_ == "json":
        print_json(done.as_json())
    else:
        record = done.record
        other = "" if record.seed == record.trial_seed else f" with the seed {record.seed}"
        print_wrapped([f"{record.name}{other}: {record.ending}", *done.lines()])
    sys.exit(0 if done.same else 1)


def _of_run(
    run_id: str, seed: int | None, storage: Path, tracking_uri: str | None
) -> tuple[str, int, int | None]:
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
    return run.study, run.number, run.seed if seed is None else seed


class _Progress:
    """A line on standard error that says how far the training is.

    On a terminal it is written over and wiped away at the end.
    """

    def __init__(self, what: str, *, quiet: bool) -> None:
        self._what, self._quiet = what, quiet
        self._terminal = sys.stderr.isatty()
        self._last = time.monotonic()

    def __enter__(self) -> Callable[[int, int], None]:
        return self._say

    def __exit__(self, *_: object) -> None:
        if self._terminal and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def _say(self, done: int, total: int) -> None:
        if self._quiet:
            return
        text = f"{self._what}: epoch {done} of {total}"
        if self._terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._last >= SAY_SECONDS:
            self._last = time.monotonic()
            print(text, file=sys.stderr, flush=True)
