"""What can be named as an MLflow store; imports nothing of MLflow."""

from __future__ import annotations

import difflib

from rnnsearch.errors import StorageError

SCHEMES = ("sqlite", "http", "https", "postgresql", "mysql", "mssql", "databricks")
"""Stores of MLflow 3.17 that hold runs and registered models (mlflow/store/db/db_types.py, and
its servers); `file:` raises there by default."""


def check_tracking_uri(uri: str) -> None:
    """Find a slip in a tracking URI before a study begins; whether anybody answers, time shows.

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
        f"{uri!r} is no MLflow tracking URI.{hint} Give a server, such as http://host:5000, or a "
        "database, such as sqlite:////path/mlflow.db; without --tracking-uri the records go to "
        "mlflow.db in the storage folder."
    )
