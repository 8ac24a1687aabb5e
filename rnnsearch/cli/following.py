"""Follows a submitted study on the screen, and says what can be done with it next."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.commands import command

if TYPE_CHECKING:
    from rnnsearch.search.submission.server import Job, JobsServer

LOST_STATUS = 3
"""The exit status where nothing is known of a job any more, which goes on."""

JobsAddress = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The cluster's Jobs server: the address of the head's dashboard, such as "
        "http://head:8265; without it that of the variables RAY_API_SERVER_ADDRESS or "
        "RAY_ADDRESS, else http://127.0.0.1:8265.",
    ),
]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Return at once, and do not follow the job.")
]


def jobs_server(address: str | None) -> JobsServer:
    from rnnsearch.search.submission.server import JobsServer

    return JobsServer(address)


def follow_job(server: JobsServer, job: Job, address: str | None) -> None:
    """Print the log to the job's end, and exit with its status."""
    from rnnsearch.search.submission.following import follow
    from rnnsearch.search.submission.server import ForgottenJobError, LostLogError

    again = command("job", "logs", job.id, *at(address))

    def note(why: str) -> None:
        typer.echo(f"{why}; the log is asked for again", err=True)

    try:
        job = follow(server, job.id, _write, note)
    except LostLogError as error:
        typer.echo(
            f"{error}.\nThe job does not depend on this connection. Follow it again:\n  {again}",
            err=True,
        )
        if job.study:
            typer.echo(
                f"Where the head itself is gone, go on once there is another:\n"
                f"  {resume_line(job, address)}",
                err=True,
            )
        raise typer.Exit(LOST_STATUS) from None
    except ForgottenJobError as error:
        typer.echo(f"{error}. Go on with the study:\n  {resume_line(job, address)}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(f"\nthe following ended; the job goes on. Follow it again:\n  {again}", err=True)
        raise typer.Exit(130) from None
    typer.echo(f"job {job.id}: {job.state.lower()}", err=True)
    if job.status:
        if job.message and job.exit_code is None:
            typer.echo(job.message, err=True)
        for line in next_lines(job, address):
            typer.echo(f"  {line}", err=True)
    raise typer.Exit(job.status)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def next_lines(job: Job, address: str | None) -> list[str]:
    """Commands that make sense now."""
    if not job.ended:
        verbs = ("status", "logs", "stop")
        return [command("job", verb, job.id, *at(address)) for verb in verbs]
    if job.state == "SUCCEEDED" or job.exit_code == 2 or not job.study:
        return []  # nothing to go on with, or a mistake that the log tells with its remedy
    return [resume_line(job, address)]


def resume_line(job: Job, address: str | None) -> str:
    return command("job", "resume", job.study, "--storage", job.storage, *at(address))


def at(address: str | None) -> list[str]:
    return [] if address is None else ["--address", address]
