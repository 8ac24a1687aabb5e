"""MLflow's tables in an SQLite file, written without MLflow where that is plain.

MLflow's own store takes some 20 ms of a processor for each run, since every row becomes an object
and every call asks again what it knows. In a file whose tables are those that are known here the
same rows are written in a tenth of that. Whatever is not plain (a run or an experiment that was
deleted, a param that is there already, a name or a text that MLflow checks or shortens, another
layout of the tables) is left to MLflow, which knows the answer.
"""

from __future__ import annotations

import math
import re
import sqlite3
import sys
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from rnnsearch.records.mlflow.database import BUSY_SECONDS, sync_less
from rnnsearch.records.tracking_uri import sqlite_path

Row = tuple[str, float, int, int]
"""One value of a metric: its name, value, Unix time in milliseconds, and step."""

LAYOUT = {
    "runs": (
        *("run_uuid", "name", "source_type", "source_name", "entry_point_name", "user_id"),
        *("status", "start_time", "end_time", "source_version", "lifecycle_stage", "artifact_uri"),
        *("experiment_id", "deleted_time"),
    ),
    "tags": ("key", "value", "run_uuid"),
    "params": ("key", "value", "run_uuid"),
    "metrics": ("key", "value", "timestamp", "run_uuid", "step", "is_nan"),
    "latest_metrics": ("key", "value", "timestamp", "step", "is_nan", "run_uuid"),
}
"""The columns that each table has; in a file with others MLflow itself writes."""

LONGEST_NAME = 200
LONGEST_TEXT = 500
LONGEST_TAG = 4000
_PLAIN = re.compile(r"(?:\w[\w.\- ]*)(?:/\w[\w.\- ]*)*", re.ASCII)
_MEANT_FOR_MLFLOW = ("mlflow.runName", "mlflow.user", "mlflow.loggedArtifacts")

_RUN = """INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,
status, start_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
VALUES (?, ?, 'UNKNOWN', '', '', 'unknown', 'RUNNING', ?, '', 'active', ?, ?)"""
_TAG = """INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)
ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value"""
_PARAM = "INSERT INTO params (run_uuid, key, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_METRIC = """INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"""
_LATEST = """INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key, run_uuid) DO UPDATE SET value = excluded.value,
timestamp = excluded.timestamp, step = excluded.step, is_nan = excluded.is_nan
WHERE (excluded.step, excluded.timestamp, excluded.value)
> (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)"""


class _NotPlainError(Exception):
    """MLflow itself has to write this; what was begun is undone."""


class Tables:
    """The tables of one SQLite file.

    Each method writes all of what it is given, or nothing. Where it returns None or False, nothing
    was written and MLflow has to.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    @classmethod
    def of(cls, uri: str) -> Tables | None:
        """The tables of a store; None where it is no SQLite file, or has another layout.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        path = sqlite_path(uri)
        if path is None:
            return None
        tables = cls(path)
        return tables if tables._is_known() else None

    def create(
        self, experiment_id: str, name: str, millis: int, tags: Mapping[str, str]
    ) -> str | None:
        """Make a run, which started at a Unix time; returns its id."""
        with self._written() as connection:
            _require(_is_plain(name) and experiment_id.isdigit() and _are_plain_tags(tags))
            ask = "SELECT artifact_location, lifecycle_stage FROM experiments"
            row = connection.execute(f"{ask} WHERE experiment_id = ?", (experiment_id,)).fetchone()
            _require(row is not None and row[1] == "active" and _is_plain_place(row[0] or ""))
            run_id = uuid.uuid4().hex
            place = f"{row[0].rstrip('/')}/{run_id}/artifacts"
            connection.execute(_RUN, (run_id, name, millis, place, int(experiment_id)))
            words = {**tags, "mlflow.runName": name}
            connection.executemany(_TAG, [(run_id, *word) for word in words.items()])
            return run_id
        return None

    def log(
        self,
        run_id: str,
        rows: Iterable[Row],
        params: Mapping[str, str],
        tags: Mapping[str, str],
    ) -> bool:
        """Write metrics, params and tags of a run."""
        with self._written() as connection:
            _require(_are_plain_tags(tags) and _are_plain(params, LONGEST_TEXT))
            self._require_active(connection, run_id)
            new = connection.executemany(_PARAM, [(run_id, *one) for one in params.items()])
            _require(not params or new.rowcount == len(params))
            values = [(run_id, key, *_finite(value), at, step) for key, value, at, step in rows]
            _require(all(map(_is_plain, {row[1] for row in values})))
            metrics = [(run, key, v, at, step, nan) for run, key, v, nan, at, step in values]
            connection.executemany(_METRIC, metrics)
            connection.executemany(_LATEST, _latest(metrics))
            connection.executemany(_TAG, [(run_id, *one) for one in tags.items()])
            return True
        return False

    def end(self, run_id: str, status: str, millis: int) -> bool:
        """End a run."""
        with self._written() as connection:
            self._require_active(connection, run_id)
            words = "UPDATE runs SET status = ?, end_time = ? WHERE run_uuid = ?"
            connection.execute(words, (status, millis, run_id))
            return True
        return False

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        """A context whose changes are written when it ends; what is not plain is undone and ends
        it without a word."""
        connection = self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except (_NotPlainError, sqlite3.IntegrityError, UnicodeError, OverflowError):
            connection.execute("ROLLBACK")
        except BaseException:
            # The file may have been moved or replaced: the next call opens it anew.
            self._connection = None
            connection.close()
            raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            # Nothing is made here where a file was taken away.
            place = f"file:{quote(str(self._path.absolute()))}?mode=rw"
            connection = sqlite3.connect(
                place, uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )
            weakref.finalize(self, connection.close)
            sync_less(connection, None)
            self._connection = connection
        return self._connection

    def _require_active(self, connection: sqlite3.Connection, run_id: str) -> None:
        ask = "SELECT lifecycle_stage FROM runs WHERE run_uuid = ?"
        _require(connection.execute(ask, (run_id,)).fetchone() == ("active",))

    def _is_known(self) -> bool:
        """Whether the tables are those of `LAYOUT`, and nothing happens beside a write."""
        connection = self._open()
        ask = "SELECT tbl_name FROM sqlite_master WHERE type = 'trigger'"
        if any(table in LAYOUT for (table,) in connection.execute(ask)):
            return False
        return all(
            sorted(row[1] for row in connection.execute(f"PRAGMA table_info({table})"))
            == sorted(columns)
            for table, columns in LAYOUT.items()
        )


def _require(plain: bool) -> None:
    if not plain:
        raise _NotPlainError


def _is_plain(name: str) -> bool:
    """Whether MLflow takes a name as it is."""
    return len(name) <= LONGEST_NAME and _PLAIN.fullmatch(name) is not None


def _is_plain_place(location: str) -> bool:
    """Whether a run's folder is that of its experiment with the run's id behind it."""
    return "://" in location and not any(mark in location for mark in "?#")


def _are_plain(words: Mapping[str, str], longest: int) -> bool:
    return all(_is_plain(key) and len(text) <= longest for key, text in words.items())


def _are_plain_tags(tags: Mapping[str, str]) -> bool:
    return _are_plain(tags, LONGEST_TAG) and not any(one in tags for one in _MEANT_FOR_MLFLOW)


def _finite(value: float) -> tuple[float, bool]:
    """A value as MLflow's column holds it, and whether it is no number."""
    if math.isnan(value):
        return 0.0, True
    return max(-sys.float_info.max, min(sys.float_info.max, value)), False


def _latest(
    metrics: Iterable[tuple[str, str, float, int, int, bool]],
) -> list[tuple[str, str, float, int, int, bool]]:
    """The row of each metric that counts as its last value."""
    last: dict[str, tuple[str, str, float, int, int, bool]] = {}
    for row in metrics:
        _, key, value, at, step, _ = row
        known = last.get(key)
        if known is None or (step, at, value) > (known[4], known[3], known[2]):
            last[key] = row
    return list(last.values())
