"""Commands that train: run, resume, extend, retrain."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import (
    MOST,
    Address,
    Format,
    FormatOption,
    Quiet,
    SetOption,
    SpaceFile,
    Storage,
    StudyName,
    TimeBudget,
    TrackingUri,
    Trials,
    Verbose,
    with_sinks,
)
from rnnsearch.cli.text import print_json
from rnnsearch.commands import DEFAULT_STORAGE, command, shown
from rnnsearch.errors import NoUsableTrialError, RnnsearchError, SpaceFileError

if TYPE_CHECKING:
    from rnnsearch.study import Study, StudyResult


@with_sinks
def run(
    file: SpaceFile,
    name: Annotated[str | None, typer.Option(help="The study's name; default: the file's.")] = None,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    trials: Trials = None,
    time_budget: TimeBudget = None,
    address: Address = None,
    set_: SetOption = None,
    format_: FormatOption = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
    *,
    sinks: Mapping[str, str],
) -> None:
    """Search, record and register the best recurrent model for a search-space file."""
    _first_word(f"rnnsearch: reading {file}", quiet)
    from rnnsearch.study import Study

    options = {
        "--trials": None if trials is None else f"search.num_trials={trials}",
        "--time-budget": _budget(time_budget),
    }
    overrides = [*(set_ or ()), *(override for override in options.values() if override)]
    with _own_words(options):
        study = Study.from_yaml(file, name=name, storage=storage, overrides=overrides)
    _drive(study, address, tracking_uri, sinks, format_, quiet, verbose)


@with_sinks
def resume(
    name: StudyName,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    time_budget: TimeBudget = None,
    address: Address = None,
    format_: FormatOption = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
    *,
    sinks: Mapping[str, str],
) -> None:
    """Go on with a study that was interrupted."""
    _first_word(f"rnnsearch: opening {name}", quiet)
    from rnnsearch.study import Study

    with _own_words({"--time-budget": _budget(time_budget)}):
        study = Study.open(name, storage=storage, time_budget=time_budget)
    _drive(study, address, tracking_uri, sinks, format_, quiet, verbose)


@with_sinks
def extend(
    name: StudyName,
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", min=1, max=MOST, help="N more trials.")
    ],
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    time_budget: TimeBudget = None,
    address: Address = None,
    format_: FormatOption = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
    *,
    sinks: Mapping[str, str],
) -> None:
    """Add trials to a study and go on with it."""
    _first_word(f"rnnsearch: opening {name}", quiet)
    from rnnsearch.study import Study

    with _own_words({"--time-budget": _budget(time_budget)}):
        study = Study.open(name, storage=storage, time_budget=time_budget, more_trials=trials)
    _drive(study, address, tracking_uri, sinks, format_, quiet, verbose)


@with_sinks
def retrain(
    study: StudyName,
    name: Annotated[
        str | None, typer.Option("--name", help="The new study's; default: NAME-retrained.")
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=MOST, help="Trainings in all.")] = 3,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    time_budget: TimeBudget = None,
    address: Address = None,
    set_: SetOption = None,
    format_: FormatOption = Format.TEXT,
    quiet: Quiet = False,
    verbose: Verbose = False,
    *,
    sinks: Mapping[str, str],
) -> None:
    """Train a champion's configuration again with several seeds, as a study of its own."""
    _first_word(f"rnnsearch: opening {study}", quiet)
    from rnnsearch.study import Study

    options = {"--time-budget": _budget(time_budget)}
    overrides = [*(set_ or ()), *(override for override in options.values() if override)]
    with _own_words(options):
        again = Study.open(study, storage=storage).retrained(
            name=name, seeds=seeds, overrides=overrides
        )
    _drive(again, address, tracking_uri, sinks, format_, quiet, verbose)


def _first_word(text: str, quiet: bool) -> None:
    """Something on the screen before the heavy imports."""
    if not quiet:
        print(text, file=sys.stderr, flush=True)


def _budget(text: str | None) -> str | None:
    return None if text is None else f"search.time_budget={json.dumps(text)}"


@contextmanager
def _own_words(options: Mapping[str, str | None]) -> Iterator[None]:
    """Name mistakes in options by the option that was typed, not by the override it became."""
    sources = {f"--set {override}": option for option, override in options.items() if override}
    try:
        yield
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
    """SIGTERM came where the search itself does not watch for signals."""


def _terminate(number: int, frame: object) -> None:
    raise _Terminated


def _drive(
    study: Study,
    address: str | None,
    tracking_uri: str | None,
    sinks: Mapping[str, str],
    format_: Format,
    quiet: bool,
    verbose: bool,
) -> None:
    from rnnsearch.cli.live import LiveView
    from rnnsearch.cli.log_tail import LogTail
    from rnnsearch.cli.next_steps import next_commands
    from rnnsearch.cli.progress import Progress
    from rnnsearch.cli.result import print_result, what_is_left

    signal.signal(signal.SIGTERM, _terminate)
    directory = study.directory
    progress = Progress(study.spec.search)
    if study.resumed:
        progress.recall(study.result().trials)
    view = LiveView(f"study {directory.name}", progress, quiet=quiet, verbose=verbose)
    view.say(f"study {directory.name} in {shown(directory.root)}")
    logs = LogTail(directory.logs, view.say) if verbose else nullcontext()
    try:
        with view, logs:
            result = study.run(
                address=address,
                tracking_uri=tracking_uri,
                sinks=sinks,
                listener=view,
                stage=view.stage,
                drain=view.drain,
                say=view.say,
                trouble=view.trouble,
            )
    except NoUsableTrialError as error:
        print(f"no usable trial: {error}", file=sys.stderr)
        result = study.result()
        if not quiet:
            print("next:", *next_commands(result), sep="\n  ", file=sys.stderr)
        if format_ is Format.JSON:
            print_json(result.summary())
        sys.exit(1)
    except KeyboardInterrupt as error:
        again = command("resume", directory.name, storage=directory.storage)
        print(
            f"interrupted; no trial is lost. To go on:\n  {again}",
            file=sys.stderr,
        )
        sys.exit(143 if isinstance(error, _Terminated) else 130)
    except Exception as error:
        try:
            left = what_is_left(study.result())
        except RnnsearchError as also:
            error.add_note(f"The study cannot be read either: {also}")
            left = ""
        print(left, end="", file=sys.stderr)
        raise
    if format_ is Format.JSON:
        if not quiet:
            print_result(result, file=sys.stderr, verbose=verbose)
        print_json(result.summary())
    else:
        print_result(result, file=sys.stdout, verbose=verbose)
    sys.exit(_status(result))


def _status(result: StudyResult) -> int:
    if result.state == "interrupted":
        return 143 if "SIGTERM" in result.reason else 130
    return 0
