"""Mend the MLflow database of a storage folder that was moved or copied.

MLflow keeps the place of every file as an absolute path, which leads nowhere after a move.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

from rnnsearch.records.mlflow.database import BUSY_SECONDS
from rnnsearch.records.tracking_uri import default_artifacts, default_tracking_uri, sqlite_path

_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
"""Where MLflow 3.17 keeps places of files (table, column): `mlflow/store/*/dbmodels/models.py`."""


def follow_move(storage: Path, busy: Callable[[], bool] = lambda: False) -> str | None:
    """Have the default store of a moved storage folder find its files again.

    Nothing is changed where the files lie as the database says. All places are changed in one
    transaction.

    Args:
        busy: Tells whether a study is at work in the storage folder: then the database is right for
            that study, and this path is another view of the same folder.

    Returns:
        What was done, for a person; None where there was nothing to do.

    Raises:
        sqlite3.Error: The database cannot be read or written.
    """
    database = sqlite_path(default_tracking_uri(storage))
    if database is None or not database.is_file():
        return None
    here = default_artifacts(storage)
    with closing(sqlite3.connect(database, timeout=BUSY_SECONDS, isolation_level=None)) as store:
        if not (old := _old_places(store, here)) or busy():
            return None
        store.execute("BEGIN IMMEDIATE")
        changed = sum(_move(store, place, here.as_uri()) for place in old)
        store.execute("COMMIT")
    places = ", ".join(str(_as_path(place).parent) for place in sorted(old))
    return (
        f"the storage folder was moved from {places}: {changed} places of files in its MLflow "
        "database are here now"
    )


def _old_places(store: sqlite3.Connection, here: Path) -> set[str]:
    """The folders below which files are noted, if each was the default one of a storage
    elsewhere."""
    if not _columns(store, "experiments"):
        return set()  # MLflow has not made its tables yet
    old = set()
    for (location,) in store.execute("SELECT artifact_location FROM experiments"):
        place = str(location or "").rpartition("/")[0]
        if not place.startswith(("file:/", "/")):
            continue
        folder = _as_path(place)
        if folder.name != here.name or folder == here:
            continue
        # The database of a copy must use the files of the copy, not those of the original.
        if (here / _as_path(str(location)).name).exists() or not folder.exists():
            old.add(place)
    return old


def _move(store: sqlite3.Connection, old: str, new: str) -> int:
    """Replace the folder at the beginning of all places; returns how many places were changed."""
    changed = 0
    for table, column in _PLACES:
        if column in _columns(store, table):
            # The names come from the table above, not from a person's text.
            changed += store.execute(
                f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                f"WHERE substr({column}, 1, ?) = ?",
                (new, len(old) + 1, len(old) + 1, old + "/"),
            ).rowcount
    return changed


def _columns(store: sqlite3.Connection, table: str) -> set[str]:
    """The names of a table's columns; none where there is no such table."""
    return {row[1] for row in store.execute(f"PRAGMA table_info({table})")}


def _as_path(place: str) -> Path:
    """The path that a noted place means: it is a `file:` URI or a path."""
    return Path(unquote(urlsplit(place).path) if place.startswith("file:") else place)
