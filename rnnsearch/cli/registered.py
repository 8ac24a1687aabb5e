"""The registered winner on the screen, and the command that makes a version the champion."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rnnsearch.cli.options import Storage, TrackingUri
from rnnsearch.commands import DEFAULT_STORAGE, command
from rnnsearch.redaction import is_redacted

if TYPE_CHECKING:
    from rnnsearch.study import RunFigures


def registered_lines(run: RunFigures, storage: Path) -> list[str]:
    """Lines that say which version the winner is, whether it is the champion and why, and how to
    decide otherwise; none where it is not registered."""
    from rnnsearch.records.tracking_uri import default_tracking_uri

    if not run.champion_uri:
        return []
    line = f"registered: {run.champion_uri}"
    beside = [f"registered beside it: {run.champion_front}"] if run.champion_front else []
    if not run.champion_words:
        return [line, *beside]
    name, _, version = run.champion_uri.removeprefix("models:/").rpartition("/")
    elsewhere = run.tracking_uri != default_tracking_uri(storage)
    named = elsewhere and not is_redacted(run.tracking_uri)
    uri = run.tracking_uri if named else None
    lost = run.champion_alias == "challenger"
    other = version if lost else run.champion_over
    decide = command("promote", name, other, storage=storage, tracking_uri=uri)
    return [
        f"{line}, the {run.champion_alias}: {run.champion_words}",
        f"to make {'it' if lost else f'version {other}'} the champion: {decide}",
        *beside,
    ]


def promote(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="The name of a registered model in MLflow.")
    ],
    version: Annotated[
        int, typer.Argument(metavar="VERSION", min=1, help="The version that becomes the champion.")
    ],
    storage: Storage = DEFAULT_STORAGE,
    tracking_uri: TrackingUri = None,
) -> None:
    """Make a version of a registered model the champion, whatever it was compared with."""
    from rnnsearch.cli.store import existing, named_store
    from rnnsearch.records.mlflow.promotion import promote as crown

    store = existing(named_store(storage, tracking_uri))
    if store.origin:
        typer.echo(f"MLflow: {store.shown} ({store.origin})", err=True)
    before = crown(store.uri, model, str(version))
    was = f"; it was version {before}" if before else ""
    if before == str(version):
        was = ", as it was"
    typer.echo(f"models:/{model}@champion is version {version}{was}")
