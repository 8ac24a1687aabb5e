"""The commands that train: run, resume, extend, finish and retrain."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import (
    RunOptions,
    SetOption,
    SpaceFile,
    StudyName,
    Trials,
    count,
    trains,
)
from rnnsearch.cli.text import print_json
from rnnsearch.commands import command
from rnnsearch.errors import NoUsableTrialError, RnnsearchError, SpaceFileError

if TYPE_CHECKING:
    from rnnsearch.study import Study, StudyResult

_KEYS = {
    "--trials": "search.num_trials",
    "--time-budget": "search.time_budget",
    "--max-device-hours": "search.max_device_hours",
    "--max-cost": "search.max_cost",
    "--stop-when-done": "search.stop_when_done",
    "--price cpu": "search.price.cpu",
    "--price gpu": "search.price.gpu",
    "--data": "task.path",
    "--register-as": "search.register_as",
    "--deterministic": "search.deterministic",
}
"""The keys of a space file that options replace."""


ChangedScript = Annotated[
    bool,
    typer.Option(
        "--allow-changed-script",
        help="Go on with a training script whose source has changed since the study was started.",
    ),
]


Deterministic = Annotated[
    bool,
    typer.Option(
        "--deterministic",
        help="Decide in virtual time, so that the study comes out the same with any number of "
        "packs and each time; packs then wait for one another.",
    ),
]


RegisterAs = Annotated[
    str | None,
    typer.Option(
        metavar="MODEL",
        help="Register the winner as a version of this model in MLflow, in the place of one with "
        "the study's name: champion where it beats that one's, else challenger.",
    ),
]


@trains
def run(
    file: SpaceFile,
    name: Annotated[str | None, typer.Option(help="Name of the study, if not the file's.")] = None,
    trials: Trials = None,
    set_: SetOption = None,
    register_as: RegisterAs = None,
    deterministic: Deterministic = False,
    *,
    options: RunOptions,
) -> None:
    """Search for the best model of a search-space file, record all trials, register the winner."""
    first_word(f"rnnsearch: reading {file}", options)
    from rnnsearch.study import Study

    given = {
        "--trials": trials,
        "--register-as": register_as,
        "--deterministic": deterministic or None,
        **options.budgets(),
    }
    with overriding(given) as more:
        overrides = [*(set_ or ()), *more]
        study = Study.from_yaml(file, name=name, storage=options.storage, overrides=overrides)
    drive(study, options)


@trains
def resume(
    name: StudyName, allow_changed_script: ChangedScript = False, *, options: RunOptions
) -> None:
    """Go on with a study that was interrupted or stopped, where it left off."""
    _go_on(name, 0, allow_changed_script, options)


@trains
def extend(
    name: StudyName,
    trials: Annotated[int, count(metavar="N", help="How many trials to add.")],
    allow_changed_script: ChangedScript = False,
    *,
    options: RunOptions,
) -> None:
    """Add trials to a study and go on with it."""
    _go_on(name, trials, allow_changed_script, options)


@trains
def finish(
    name: StudyName,
    stopped: Annotated[
        int, count(metavar="N", help="How many of the trials that were stopped, a sample.")
    ],
    allow_changed_script: ChangedScript = False,
    *,
    options: RunOptions,
) -> None:
    """Train a sample of a study's stopped trials to the end, and tell what stopping them cost.

    Nothing changes in the search or its champion. A study that is not complete is searched to its
    end before."""
    _go_on(name, 0, allow_changed_script, options, finish_stopped=stopped)


def _go_on(
    name: str,
    more_trials: int,
    changed_script: bool,
    options: RunOptions,
    finish_stopped: int = 0,
) -> None:
    first_word(f"rnnsearch: opening {name}", options)
    from rnnsearch.study import Study

    with overriding(options.budgets()) as budgets:
        study = Study.open(
            name,
            storage=options.storage,
            budgets=budgets,
            more_trials=more_trials,
            allow_changed_script=changed_script,
        )
    drive(study, options, finish_stopped)


@trains
def retrain(
    study: StudyName,
    name: Annotated[
        str | None, typer.Option(help="Name of the new study, if not NAME-retrained.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Train on this file or folder in the place of the study's, such as the same table "
            "with newer rows.",
        ),
    ] = None,
    seeds: Annotated[int, count(help="How many trainings, each with another seed.")] = 3,
    set_: SetOption = None,
    register_as: RegisterAs = None,
    *,
    options: RunOptions,
) -> None:
    """Train a champion's configuration again with several seeds, as a study of its own."""
    first_word(f"rnnsearch: opening {study}", options)
    from rnnsearch.study import Study

    path = None if data is None else str(data)
    given = {"--data": path, "--register-as": register_as, **options.budgets()}
    with overriding(given) as more:
        again = Study.open(study, storage=options.storage).retrained(
            name=name, seeds=seeds, overrides=[*(set_ or ()), *more]
        )
    drive(again, options)


def first_word(text: str, options: RunOptions) -> None:
    """Print a line before the imports, which take seconds."""
    if not options.quiet:
        print(text, file=sys.stderr, flush=True)


@contextmanager
def overriding(given: Mapping[str, object]) -> Iterator[list[str]]:
    """The overrides (`KEY=YAML`) that options stand for.

    In the context, a mistake in such an override is named by the option that was typed.

    Args:
        given: The values of options, by their names; None where one was not given.
    """
    overrides = {
        f"{_KEYS[option]}={json.dumps(value)}": option
        for option, value in given.items()
        if value is not None
    }
    sources = {f"--set {override}": option for override, option in overrides.items()}
    try:
        yield list(overrides)
    except SpaceFileError as error:
        raise SpaceFileError(
            [
                replace(mistake, source=sources[mistake.source], key="")
                if mistake.source in sources
                else mistake
                for mistake in error.mistakes
            ]
        ) from None


class _Terminated(KeyboardInterrupt):
    """SIGTERM came at a time when the search itself does not handle signals."""


def _terminate(number: int, frame: object) -> None:
    raise _Terminated


def drive(study: Study, options: RunOptions, finish_stopped: int = 0) -> None:
    from rnnsearch.cli.live import LiveView
    from rnnsearch.cli.log_tail import LogTail
    from rnnsearch.cli.next_steps import next_commands
    from rnnsearch.cli.result import print_result, what_is_left
    from rnnsearch.study.progress import Progress

    alerts = options.alerts()
    signal.signal(signal.SIGTERM, _terminate)
    directory = study.directory
    progress = Progress(study.spec.search)
    if study.resumed:
        progress.recall(study.result().trials)
    view = LiveView(
        f"study {directory.name}", progress, quiet=options.quiet, verbose=options.verbose
    )
    view.say(f"study {directory.name} in {directory.place}")
    logs = LogTail(directory.logs, view.say) if options.verbose else nullcontext()
    try:
        with view, logs:
            result = study.run(
                address=options.address,
                ledger=options.ledger,
                tracking_uri=options.tracking_uri,
                record=options.record,
                sinks=options.sinks,
                listener=view,
                stage=view.stage,
                drain=view.drain,
                say=view.say,
                trouble=view.trouble,
                waiting=view.waiting,
                alerts=alerts,
                finish_stopped=finish_stopped,
            )
    except NoUsableTrialError as error:
        print(f"no usable trial: {error}", file=sys.stderr)
        result = study.result()
        if not options.quiet:
            print("next:", *next_commands(result), sep="\n  ", file=sys.stderr)
        if options.format_ == "json":
            print_json(result.summary())
        sys.exit(1)
    except KeyboardInterrupt as error:
        again = command("resume", directory.name, storage=directory.storage)
        print(f"interrupted; no trial is lost. To go on:\n  {again}", file=sys.stderr)
        sys.exit(143 if isinstance(error, _Terminated) else 130)
    except Exception as error:
        try:
            left = what_is_left(study.result())
        except RnnsearchError as also:
            error.add_note(f"The study cannot be read either: {also}")
            left = ""
        print(left, end="", file=sys.stderr)
        raise
    if options.format_ == "json":
        if not options.quiet:
            with redirect_stdout(sys.stderr):
                print_result(result, verbose=options.verbose)
        print_json(result.summary())
    else:
        print_result(result, verbose=options.verbose)
    sys.exit(_status(result))


def _status(result: StudyResult) -> int:
    if result.state == "interrupted":
        return 143 if "SIGTERM" in result.reason else 130
    return 0
