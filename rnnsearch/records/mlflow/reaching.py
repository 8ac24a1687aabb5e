"""Whether an MLflow store answers and takes the login, without changing anything there."""

from __future__ import annotations

import os

from rnnsearch.records.mlflow.database import prepare
from rnnsearch.records.mlflow.refusals import as_store_error
from rnnsearch.records.run_store import StoreError
from rnnsearch.records.tracking_uri import TrackingStore, sqlite_path

_ONCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "10"}


def trouble_of(store: TrackingStore) -> StoreError | None:
    """Ask a store once; what is wrong with it, or None. A file that is not there yet is not made,
    and so a store that is one is fine."""
    path = sqlite_path(store.uri)
    if path is not None and not path.exists():
        return None
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    for name, value in _ONCE.items():
        os.environ.setdefault(name, value)
    try:
        prepare(store.uri)
        if store.uri.startswith(("http://", "https://", "databricks")):
            from mlflow import MlflowClient

            MlflowClient(tracking_uri=store.uri).search_experiments(max_results=1)
    except (MlflowException, SQLAlchemyError, OSError, ModuleNotFoundError) as error:
        return as_store_error(error, store)
    return None
