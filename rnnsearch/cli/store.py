"""Which MLflow store a command looks at, and how a moved storage folder finds its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from rnnsearch.errors import ModelError

if TYPE_CHECKING:
    from rnnsearch.records.tracking_uri import TrackingStore


def named_store(storage: Path, option: str | None, study: str | None = None) -> TrackingStore:
    """The store to look at: that of the option, else the study's, the environment's or the default.

    Raises:
        StorageError: MLflow has no such store.
        StudyNotFoundError: There is no such study.
    """
    from rnnsearch.records.tracking_uri import choose_store
    from rnnsearch.records.writer_state import WriterState
    from rnnsearch.search.directory import StudyDirectory

    noted = None
    if study is not None:
        noted = WriterState.load(StudyDirectory.find(storage, study).outbox).tracking_uri or None
    return choose_store(storage, option, noted)


def existing(store: TrackingStore) -> TrackingStore:
    """A store whose file exists; without this check, looking at it would make an empty file.

    Raises:
        ModelError: There is no such file.
    """
    from rnnsearch.records.tracking_uri import sqlite_path

    database = sqlite_path(store.uri)
    if database is not None and not database.exists():
        raise ModelError(
            f"{database} does not exist, so nothing is recorded there. Run a study first, "
            "or name its folder with --storage."
        )
    return store


def followed(storage: Path) -> Path:
    """The folder of a storage, or the one of this machine that stands for an object store.

    The MLflow database of a folder that was moved is mended, and what was changed is said. This is
    what `--storage` does with its value in every command.
    """
    if re.match("[A-Za-z][A-Za-z0-9+.-]+:/", str(storage)):
        from rnnsearch.search.directory import local_storage
        from rnnsearch.search.mirror.places import Announced

        Announced.tell = staticmethod(lambda text: typer.echo(text, err=True))
        return local_storage(storage)
    if not (storage / "mlflow.db").is_file():
        return storage
    from rnnsearch.study.recording import follow

    if done := follow(storage):
        typer.echo(f"note: {done}", err=True)
    return storage
