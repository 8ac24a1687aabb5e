"""The commands that send a study to a cluster: `submit`, and `job resume`."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rnnsearch.cli.following import (
    JobsAddress,
    NoWait,
    at,
    follow_job,
    jobs_server,
    next_lines,
)
from rnnsearch.cli.options import (
    RunOptions,
    SetOption,
    SpaceFile,
    Trials,
    trains,
)
from rnnsearch.commands import command
from rnnsearch.errors import InputError
from rnnsearch.redaction import has_secret

if TYPE_CHECKING:
    from rnnsearch.search.submission.server import Job, JobsServer
    from rnnsearch.study.submitting import Parcel


@trains
def submit(
    context: typer.Context,
    file: SpaceFile,
    address: JobsAddress = None,
    name: Annotated[str | None, typer.Option(help="Name of the study, if not the file's.")] = None,
    trials: Trials = None,
    set_: SetOption = None,
    register_as: Annotated[
        str | None, typer.Option(metavar="MODEL", help="As for `rnnsearch run`.")
    ] = None,
    no_wait: NoWait = False,
    *,
    options: RunOptions,
) -> None:
    """Send a study to a Ray cluster as a job, and follow its log.

    The space file goes along with this version of rnnsearch and with the data and the modules that
    the file names. --storage is a folder of the cluster that all its nodes share. Ctrl-C ends the
    following alone. Exit status: that of the study, as `run` has it; 3 where the connection to the
    log was lost and the job goes on; 143 where the job was stopped."""
    from rnnsearch.study.submitting import new_study

    words = given_words(context, ("file", "address", "name", "set_", "no_wait", "storage"))
    server = jobs_server(address)
    with tempfile.TemporaryDirectory(prefix="rnnsearch-submit-") as folder:
        parcel = new_study(
            file,
            Path(folder),
            storage=options.storage,
            name=name,
            overrides=set_ or (),
            options=words,
        )
        for note in parcel.notes:
            typer.echo(f"note: {note}", err=True)
        _send_study(server, parcel, address, no_wait)


@trains
def resume(
    context: typer.Context,
    study: Annotated[str, typer.Argument(metavar="NAME", help="A study, or the id of its job.")],
    address: JobsAddress = None,
    storage: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The cluster's folder with the study; without it that of its latest job. A head "
            "that was restarted has forgotten it.",
        ),
    ] = None,
    no_wait: NoWait = False,
    *,
    options: RunOptions,
) -> None:
    """Go on with a submitted study as another job, with this version of rnnsearch, and follow it.

    Exit status: as for `submit`."""
    from rnnsearch.study.submitting import old_study

    words = given_words(context, ("study", "address", "storage", "no_wait"))
    server = jobs_server(address)
    name = study
    if storage is None:
        last = server.find(study)
        if not last.study:
            raise InputError(f"{last.id} is no study that `rnnsearch submit` has sent.")
        name, storage = last.study, Path(last.storage)
        if not last.ended:
            raise InputError(
                f"the study {name} runs as the job {last.id}. Follow it: "
                f"{command('job', 'logs', last.id, *at(address))}"
            )
    with tempfile.TemporaryDirectory(prefix="rnnsearch-submit-") as folder:
        words = ["resume", *words]
        parcel = old_study(Path(folder), name=name, storage=storage, words=words)
        _send_study(server, parcel, address, no_wait)


def given_words(context: typer.Context, own: tuple[str, ...]) -> list[str]:
    """The options of the present command as they were typed, but for its own.

    Raises:
        InputError: One has a secret, which everybody would read who sees the cluster's dashboard.
    """
    words: list[str] = []
    for one in context.command.params:
        name = one.name or ""
        source = context.get_parameter_source(name)
        if name in own or source is None or source.name != "COMMANDLINE":
            continue
        value: Any = context.params[name]
        if value is True:
            words.append(one.opts[0])
        for each in value if isinstance(value, list | tuple) else [value]:
            if value is not True:
                words += [one.opts[0], str(each)]
            if name == "notify_url" or has_secret(str(each)):
                raise InputError(
                    f"{one.opts[0]} holds a secret, or may: whoever sees the cluster's dashboard "
                    "reads the command lines of jobs. Set the variable "
                    f"{_VARIABLES.get(name, 'that it has')} where Ray is started on the head."
                )
    return words


_VARIABLES = {
    "ledger": "RNNSEARCH_LEDGER",
    "notify_url": "RNNSEARCH_NOTIFY_URL",
    "tracking_uri": "MLFLOW_TRACKING_URI",
}
"""By which variables options are found that may hold a secret."""


def send(server: JobsServer, parcel: Parcel) -> Job:
    """Send a parcel as a job; returns it as it is then."""
    job_id = f"{parcel.name}-{datetime.now():%Y%m%d-%H%M%S}"
    return server.submit(job_id, parcel.entrypoint, parcel.runtime_env, parcel.labels)


def _send_study(server: JobsServer, parcel: Parcel, address: str | None, no_wait: bool) -> None:
    job = send(server, parcel)
    typer.echo(f"job {job.id} at {server.address}; study {parcel.name} in {parcel.storage}")
    if no_wait:
        for line in next_lines(job, address):
            typer.echo(f"  {line}")
        return
    follow_job(server, job, address)
