"""Tracking URIs that MLflow knows, and slips of the pen."""

from __future__ import annotations

import pytest

from rnnsearch.errors import StorageError
from rnnsearch.records.tracking_uri import check_tracking_uri


@pytest.mark.parametrize(
    "uri",
    [
        "sqlite:////tmp/mlflow.db",
        "sqlite:///mlflow.db",
        "http://localhost:5000",
        "https://mlflow.example.org/prefix",
        "postgresql+psycopg2://user:word@host/db",
        "mysql+pymysql://host/db",
        "databricks",
        "databricks://profile",
    ],
)
def test_stores_of_mlflow(uri: str) -> None:
    check_tracking_uri(uri)


@pytest.mark.parametrize(
    "uri", ["", "foo://bar", "localhost:5000", "./mlruns", "mlflow.db", "file:///x"]
)
def test_what_is_none(uri: str) -> None:
    with pytest.raises(StorageError, match="is no MLflow tracking URI"):
        check_tracking_uri(uri)


def test_the_nearest_is_named() -> None:
    with pytest.raises(StorageError, match="Did you mean sqlite://"):
        check_tracking_uri("sqllite:///mlflow.db")
