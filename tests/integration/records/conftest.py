"""One fresh MLflow database a session, copied for each test: creating it takes seconds."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from record_store import Store

from rnnsearch.records.mlflow.database import prepare


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        prepare(f"sqlite:///{path}")
        from mlflow import MlflowClient

        MlflowClient(f"sqlite:///{path}").search_experiments()
    with closing(sqlite3.connect(path)) as database:
        # MLflow keeps its connection, and what is copied is this one file.
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


ODD = "50% ?#é😀 it's"
"""A name that a URI cannot hold as it stands."""


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Iterator[Store]:
    before = os.environ.get("MLFLOW_TRACKING_URI")
    experiment = os.environ.get("MLFLOW_EXPERIMENT_ID")
    root = tmp_path / ODD
    root.mkdir()
    shutil.copy(template, root / "mlflow.db")
    yield Store(root)
    if "mlflow" in sys.modules:
        # What a test wrote in this process, it wrote where MLflow still looks.
        sys.modules["mlflow"].set_tracking_uri(before)
    os.environ.pop("MLFLOW_EXPERIMENT_ID", None)  # where `set_experiment` leaves it for children
    if experiment is not None:
        os.environ["MLFLOW_EXPERIMENT_ID"] = experiment
