"""One fresh MLflow database a session, copied for each test: creating it takes seconds."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from record_store import Store

_MAKE = """
import sys
from rnnsearch.records.mlflow.database import prepare
prepare(sys.argv[1])
from mlflow import MlflowClient
MlflowClient(sys.argv[1]).search_experiments()
"""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    subprocess.run(
        [sys.executable, "-c", _MAKE, f"sqlite:///{path}"], check=True, capture_output=True
    )
    return path


ODD = "50% ?#é😀 it's"
"""A name that a URI cannot hold as it stands."""


@pytest.fixture
def store(template: Path, tmp_path: Path) -> Store:
    root = tmp_path / ODD
    root.mkdir()
    shutil.copy(template, root / "mlflow.db")
    return Store(root)
