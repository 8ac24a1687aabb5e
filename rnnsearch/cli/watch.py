"""The command `watch`: how a study goes that another process or machine runs."""

from __future__ import annotations

import time

import typer

from rnnsearch.cli.options import Storage, StudyName
from rnnsearch.commands import DEFAULT_STORAGE, command

LOOK_SECONDS = 1.0
"""How often the study's files are looked at; where reading them takes long, less often."""
SHARE = 0.1
"""At most this share of the time is spent on reading."""


def watch(name: StudyName, storage: Storage = DEFAULT_STORAGE) -> None:
    """Show how a study goes that another process or machine runs, until it ends.

    It reads the study's files alone, so any machine that sees the storage may watch. Ctrl-C ends
    the watching, and nothing else. Exit status: 0 once the study has ended; 1 where its driver died
    or its last run failed.
    """
    from rnnsearch.cli.live import LiveView
    from rnnsearch.study import Study
    from rnnsearch.study.watching import Watching

    study = Study.open(name, storage=storage)
    watching = Watching(study.directory, study.spec)
    view = LiveView(f"study {name}", watching.progress)
    sight = watching.look()
    if sight.phase == "running":
        view.say(f"study {name} in {study.directory.place}; Ctrl-C ends the watching alone")
        view.say(f"its page: {command('ui', name, '--live', storage=storage)}")
    try:
        with view:
            pause = LOOK_SECONDS
            while sight.phase == "running":
                view.look()
                time.sleep(pause)
                began = time.monotonic()
                sight = watching.look()
                pause = max(LOOK_SECONDS, (time.monotonic() - began) / SHARE)
    except KeyboardInterrupt:
        typer.echo("the watching ended; the study goes on", err=True)
        raise typer.Exit(130) from None
    figures = [f"{label} {text}" for label, text in watching.progress.cells() if label != "time"]
    typer.echo(f"{sight.text}\n  {'; '.join(figures)}")
    typer.echo(f"  {sight.remedy or command('best', name, storage=storage)}")
    raise typer.Exit(0 if sight.phase == "over" else 1)
