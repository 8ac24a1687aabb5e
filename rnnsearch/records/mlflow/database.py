"""MLflow's SQLite file: made once, and faster in what we made ourselves.

Write-ahead logging with `synchronous=NORMAL` takes a batch of metrics from 11 ms to 6 and lets
the UI read while a study writes. It changes how a file lies on disk (a `-wal` beside it), so it
is switched on only in a database that did not exist before; a mark in the file says so.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from rnnsearch.records.tracking_uri import sqlite_path

BUSY_SECONDS = 20.0
"""How long another process may hold the file, as MLflow's own connections wait."""
CREATED_BY_US = 0x524E4E
"""`PRAGMA user_version` of a database that rnnsearch created; MLflow does not use the field."""


def prepare(tracking_uri: str) -> None:
    """Create a missing SQLite file in WAL mode, and have connections to ours sync less.

    Call it before MLflow opens the store. It asks whether the database answers: MLflow itself would
    go on asking for minutes without a word.

    Raises:
        sqlite3.Error: The file is no database, or cannot be opened.
        sqlalchemy.exc.SQLAlchemyError: The database does not answer, or refuses the login.
        ModuleNotFoundError: Its driver is not installed.
    """
    path = sqlite_path(tracking_uri)
    if path is None:
        if not tracking_uri.startswith(("http://", "https://", "databricks", "sqlite")):
            _ask(tracking_uri)
        return
    fresh = not path.exists()
    if fresh:
        path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master")  # it is a database
        if fresh:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA user_version={CREATED_BY_US}")
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if not event.contains(Engine, "connect", _sync_less):
        event.listen(Engine, "connect", _sync_less)


def _ask(tracking_uri: str) -> None:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    with create_engine(tracking_uri, poolclass=NullPool).connect():
        pass  # it answers


def _sync_less(connection: Any, record: Any) -> None:
    del record
    if not isinstance(connection, sqlite3.Connection):
        return
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == CREATED_BY_US:
        # Safe with WAL: a power cut may lose the last commits, which the outbox still holds
        # or a resume repeats; it never corrupts the file.
        connection.execute("PRAGMA synchronous=NORMAL")
