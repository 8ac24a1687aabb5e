"""Which MLflow store gets a study's records, and what is noted of it; imports nothing of MLflow."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from rnnsearch.errors import StorageError
from rnnsearch.redaction import is_redacted, redacted, redactor

SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql", "databricks")
"""Stores of MLflow 3.17 that hold runs and registered models (mlflow/store/db/db_types.py, and
its servers); `file:` raises there by default."""
OPTION = "--tracking-uri"
VARIABLE = "MLFLOW_TRACKING_URI"
DEFAULT = "default"
"""What a study notes of the store in its storage folder: no path, since the folder may be moved."""


@dataclass(frozen=True, slots=True)
class TrackingStore:
    """An MLflow store.

    Attributes:
        uri: Its address with secrets, which goes only into the environment of a process.
        name: What may be kept of it: `DEFAULT`, or the address without its secrets.
        origin: Who chose it: an option, a variable, the study; empty for the default.
        remark: What a person should know of the choice; empty where there is nothing.
    """

    uri: str = field(repr=False)
    name: str
    origin: str = ""
    remark: str = ""

    @property
    def shown(self) -> str:
        """The address as it may be printed."""
        return redacted(self.uri)


def check_tracking_uri(uri: str, origin: str = OPTION) -> None:
    """Refuse a malformed tracking URI before a study begins; nobody is asked whether it answers.

    Raises:
        StorageError: MLflow has no store of that kind.
    """
    scheme, _, rest = uri.partition(":")
    dialect = scheme.partition("+")[0]
    if dialect in SCHEMES and (rest.startswith("//") or uri == "databricks"):
        return
    near = difflib.get_close_matches(dialect, SCHEMES, n=1)
    hint = f" Did you mean {near[0]}://...?" if near and near[0] != dialect else ""
    raise StorageError(
        f"{origin}: {redactor(uri)(redacted(uri))!r} is no MLflow tracking URI.{hint} Give a "
        "server, such as http://host:5000, or a database, such as sqlite:////path/mlflow.db; "
        f"without {origin} the records go to mlflow.db in the storage folder."
    )


def choose_store(
    storage: Path,
    option: str | None,
    noted: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> TrackingStore:
    """The store of a study: that of the option, else its own, else that of the environment.

    Args:
        storage: The study's storage folder.
        option: The value of `--tracking-uri`, if it was given.
        noted: What an earlier run of the study noted; None for a new study.
        environment: In the place of `os.environ`.

    Raises:
        StorageError: MLflow has no such store, or its address was noted without its password and
            nobody gives that again.
    """
    variables = os.environ if environment is None else environment
    named = variables.get(VARIABLE) or None
    if option is not None:
        return _given(storage, option, OPTION)
    if noted is None:
        if named is None:
            return TrackingStore(default_tracking_uri(storage), DEFAULT)
        return _given(storage, named, VARIABLE)
    return _again(storage, noted, named)


def _given(storage: Path, uri: str, origin: str) -> TrackingStore:
    """The store of an address that a person gave."""
    check_tracking_uri(uri, origin)
    if is_redacted(uri):
        raise StorageError(
            f"{origin}: {uri} lacks its password or token, which is never printed or kept. "
            f"Give the whole address, best by the environment: export {VARIABLE}=..."
        )
    path = sqlite_path(uri)
    if path is not None and path.absolute() == _database(storage):
        return TrackingStore(default_tracking_uri(storage), DEFAULT, origin)
    if path is not None and not path.is_absolute():
        # The path must mean the same file from wherever the study is resumed.
        query = uri.partition("?")
        uri = sqlite_uri(path.absolute()) + query[1] + query[2]
    return TrackingStore(uri, redacted(uri), origin)


def _again(storage: Path, noted: str, named: str | None) -> TrackingStore:
    """The store that a study has used before.

    Args:
        noted: What the study noted of it.
        named: The address in the environment, which may be another one.
    """
    other = ""
    if named is not None and redacted(named) != redacted(noted):
        other = (
            f"{VARIABLE} names another store, {redacted(named)}; this study stays where its "
            f"records are, unless {OPTION} says otherwise"
        )
    if noted == DEFAULT or _was_default(storage, noted):
        same = named is not None and sqlite_path(named) == _database(storage)
        return TrackingStore(default_tracking_uri(storage), DEFAULT, "", "" if same else other)
    if is_redacted(noted):
        if named is None or redacted(named) != noted:
            raise StorageError(
                f"this study's records are at {noted}; its password or token is not kept. Give "
                f"the whole address again: export {VARIABLE}=..., or {OPTION}. "
                + (f"({VARIABLE} is {redacted(named)} now.)" if named else "")
            )
        return TrackingStore(named, noted, VARIABLE)
    return TrackingStore(noted, redacted(noted), "the study's own", other)


def shown_uri(storage: Path, noted: str) -> str:
    """The address that a study's note means now, as it may be printed."""
    default = noted == DEFAULT or _was_default(storage, noted)
    return default_tracking_uri(storage) if default else redacted(noted)


def _was_default(storage: Path, noted: str) -> bool:
    """Whether a note means the default store of the storage folder, by its path.

    Older versions noted the path, quoted or not. Where neither that file nor its folder exists, the
    storage folder was moved since, and the store with it.
    """
    if noted == f"sqlite:///{_database(storage)}":
        return True
    path = sqlite_path(noted)
    if path is None or path.name != "mlflow.db":
        return False
    if path == _database(storage):
        return True
    return not path.exists() and not path.parent.exists() and _database(storage).exists()


def default_tracking_uri(storage: Path) -> str:
    """The address of the SQLite file in a storage folder."""
    return sqlite_uri(_database(storage))


def default_artifacts(storage: Path) -> Path:
    """The folder in which the default store keeps files."""
    return storage.resolve() / "mlartifacts"


def _database(storage: Path) -> Path:
    return storage.resolve() / "mlflow.db"


def sqlite_uri(path: Path) -> str:
    """The URI of an SQLite file, quoted: SQLAlchemy unquotes it, and takes a `?` for a query.

    Where anything is quoted, the driver is named too. Behind a plain `sqlite:///`, MLflow 3.17
    takes the rest for a path as it stands, and makes a folder of the quoted name.
    """
    quoted = quote(str(path))
    scheme = "sqlite" if quoted == str(path) else "sqlite+pysqlite"
    return f"{scheme}:///{quoted}"


def sqlite_path(tracking_uri: str) -> Path | None:
    """The file behind an SQLite URI, or None for any other store."""
    scheme, mark, rest = tracking_uri.partition(":///")
    if not mark or scheme not in ("sqlite", "sqlite+pysqlite"):
        return None
    name = unquote(rest.partition("?")[0])
    # SQLite's own `file:` URIs may hold options, and are left to MLflow.
    return Path(name) if name and not name.startswith((":memory:", "file:")) else None
