"""MLflow's SQLite file, with faster settings where rnnsearch made the file.

With write-ahead logging and `synchronous=NORMAL`, a batch of metrics takes 6 ms instead of 11, and
the UI can read while a study writes. Since that puts a `-wal` file beside the database, it is done
only in a database that rnnsearch has made, which a mark in the file says.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from rnnsearch.records.tracking_uri import sqlite_path

BUSY_SECONDS = 20.0
"""How long to wait for another process that has locked the file, as MLflow itself waits."""
CREATED_BY_US = 0x524E4E
"""The mark: `PRAGMA user_version` of a database that rnnsearch made; MLflow does not use it."""


def prepare(tracking_uri: str) -> None:
    """Make a missing SQLite file, and find out whether the database answers.

    Called before MLflow opens the store, which would ask a database that is down for minutes
    without a word. Files that rnnsearch has made get the faster settings.

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
        connection.execute("SELECT count(*) FROM sqlite_master")  # no database: an error
        if fresh:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(f"PRAGMA user_version={CREATED_BY_US}")
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    if not event.contains(Engine, "connect", sync_less):
        event.listen(Engine, "connect", sync_less)


def _ask(tracking_uri: str) -> None:
    """Connect to a database once; raises what SQLAlchemy raises."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    with create_engine(tracking_uri, poolclass=NullPool).connect():
        pass  # it answers


def sync_less(connection: Any, record: Any) -> None:
    """Have a new connection sync less, if rnnsearch has made its database."""
    del record
    if not isinstance(connection, sqlite3.Connection):
        return
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == CREATED_BY_US:
        # With write-ahead logging a power cut never corrupts the file. It may lose the last
        # commits, which are in the outbox still or are repeated by a resume.
        connection.execute("PRAGMA synchronous=NORMAL")
