"""The group of commands `job`: studies that run as jobs of a cluster."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.following import (
    JobsAddress,
    NoWait,
    follow_job,
    jobs_server,
    next_lines,
    resume_line,
)
from rnnsearch.cli.options import FormatOption
from rnnsearch.cli.submit import resume
from rnnsearch.cli.text import print_json
from rnnsearch.cli.wrong_values import Command

if TYPE_CHECKING:
    from rnnsearch.search.submission.server import Job

app = typer.Typer(
    help="Look at, follow, stop and resume studies that were submitted to a cluster.",
    no_args_is_help=True,
)

JobName = Annotated[
    str, typer.Argument(metavar="JOB", help="The id of a job, or a study: its latest job.")
]


@app.command("list", cls=Command)
def list_(address: JobsAddress = None, format_: FormatOption = "text") -> None:
    """List the studies that were submitted, the latest first."""
    jobs = [job for job in jobs_server(address).jobs() if job.study]
    if format_ == "json":
        print_json([_as_json(job) for job in jobs])
        return
    for job in jobs:
        typer.echo(f"{job.id}\t{job.state}\t{_since(job)}\t{job.storage}")
    if not jobs:
        typer.echo("no study was submitted there since its head was started", err=True)


@app.command(cls=Command)
def status(job: JobName, address: JobsAddress = None, format_: FormatOption = "text") -> None:
    """Tell how a job stands. Exit status: 1 where it failed or was stopped, else 0."""
    seen = jobs_server(address).find(job)
    if format_ == "json":
        print_json(_as_json(seen))
    else:
        where = f"; study {seen.study} in {seen.storage}" if seen.study else ""
        typer.echo(f"{seen.id}: {seen.state.lower()}, {_since(seen)}{where}")
        if seen.ended and seen.message:
            typer.echo(seen.message.partition("\n")[0])
        for line in next_lines(seen, address):
            typer.echo(f"  {line}")
    raise typer.Exit(1 if seen.status else 0)


@app.command(cls=Command)
def logs(
    job: JobName,
    address: JobsAddress = None,
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Print what there is, and do not follow.")
    ] = False,
) -> None:
    """Print the log of a job from its beginning, and follow it to the job's end.

    Ctrl-C ends the following alone. Exit status: as for `submit`."""
    server = jobs_server(address)
    seen = server.find(job)
    if no_wait:
        typer.echo(server.log_now(seen.id), nl=False)
        return
    follow_job(server, seen, address)


@app.command(cls=Command)
def stop(job: JobName, address: JobsAddress = None, no_wait: NoWait = False) -> None:
    """Stop a job: its packs finish their slice, and nothing of the study is lost."""
    from rnnsearch.search.submission.following import ended

    server = jobs_server(address)
    seen = server.find(job)
    if not server.stop(seen.id):
        typer.echo(f"{seen.id} does not run: it is {seen.state.lower()}", err=True)
    elif no_wait:
        seen = server.job(seen.id)
    else:
        typer.echo(f"{seen.id} finishes its slice and its records, for up to 2 minutes", err=True)
        seen = ended(server, seen.id)
    typer.echo(f"{seen.id}: {seen.state.lower()}")
    if seen.study and seen.ended:
        typer.echo(f"  {resume_line(seen, address)}")


app.command(cls=Command)(resume)


def _since(job: Job) -> str:
    if job.started is None:
        return "not started"
    return f"sent {datetime.fromtimestamp(job.started):%Y-%m-%d %H:%M:%S}"


def _as_json(job: Job) -> dict[str, object]:
    keys = ("id", "state", "study", "storage", "message", "exit_code", "started")
    return {key: getattr(job, key) for key in keys}
