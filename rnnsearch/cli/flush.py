"""The command `flush`: deliver the records that MLflow missed."""

from __future__ import annotations

import sys
import time

import typer

from rnnsearch.cli.options import Quiet, Storage, StudyName, TrackingUri
from rnnsearch.commands import DEFAULT_STORAGE

SAY_SECONDS = 2.0
"""Seconds between two lines that say how far the records are."""


def flush(
    name: StudyName,
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
    quiet: Quiet = False,
) -> None:
    """Write the records that MLflow missed, and register a champion that it missed, without a
    search. Exit status 1 where some wait still or were refused."""
    from rnnsearch.cli.registered import registered_lines
    from rnnsearch.cli.waiting import waiting_lines
    from rnnsearch.study import Study
    from rnnsearch.study.flushing import flush as deliver

    study = Study.open(name, storage=storage)
    said, shown = -SAY_SECONDS, (-1, 0)

    def progress(done: int, total: int) -> None:
        nonlocal said, shown
        news = (done, total) != shown and time.monotonic() - said >= SAY_SECONDS
        if news and not quiet:
            said, shown = time.monotonic(), (done, total)
            typer.echo(f"writing the records to MLflow {done:,}/{total:,}", err=True)

    done = deliver(
        study,
        tracking_uri,
        say=lambda line: None if quiet else typer.echo(line, err=True),
        progress=progress,
    )
    left = waiting_lines(study.directory, done)
    if done.delivered:
        typer.echo(f"{done.delivered:,} records written")
    elif not left:
        typer.echo(f"nothing waits: MLflow has all records of {name}")
    if done.registered:
        run = study.result().run
        lines = [] if run is None else registered_lines(run, study.directory.storage)
        typer.echo("\n".join(lines or [f"registered: {done.registered}"]))
    if left:
        typer.echo("\n".join(left))
        sys.exit(1)
