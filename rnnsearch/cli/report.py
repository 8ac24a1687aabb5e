"""The command `report`: one page that tells all of a study, or of several side by side."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from rnnsearch.cli.options import Storage
from rnnsearch.commands import DEFAULT_STORAGE, shown
from rnnsearch.errors import InputError


def report(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...", help="A study in the storage folder; several are compared."
        ),
    ],
    storage: Storage = DEFAULT_STORAGE,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The HTML file; without it figures/report.html in the study's folder, of several "
            "comparison.html in the storage folder.",
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in the browser.")] = False,
) -> None:
    """Write all that a study has found into one HTML page, which needs no network and no server."""
    from rnnsearch.study import Study
    from rnnsearch.study.reporting import write_report

    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{twice} is named twice; name each study once.")
    if out is not None and out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file in it: {out / 'report.html'}")
    results = [Study.open(name, storage=storage).result() for name in names]
    directory = results[0].directory
    path = directory.report
    if len(results) > 1:
        path = directory.storage / "comparison.html"
    path = path if out is None else out
    try:
        write_report(results, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}. Name another file with --out."
        ) from error
    typer.echo(f"report: {shown(path)} ({path.stat().st_size / 1e6:.1f} MB)")
    if open_ and not webbrowser.open(path.resolve().as_uri()):
        typer.echo("no browser was found here; open the file in one", err=True)
