"""One cluster of two nodes for all tests of this folder that want one, and what lies beside one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.postgres import PASSWORD, Postgres
from contracts.postgres import served as served_ledgers
from contracts.s3 import S3
from contracts.s3 import served as served_store
from contracts.tracking_server import TrackingServer, tracking_server
from two_nodes import Cluster, two_nodes


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    if sys.platform != "linux":
        pytest.skip("needs the loopback addresses that Linux has")
    with two_nodes() as running:
        yield running


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    with served_store() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def ledgers(store: S3, monkeypatch: pytest.MonkeyPatch) -> Iterator[Postgres]:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with served_ledgers() as server:
        monkeypatch.setenv("RNNSEARCH_LEDGER", server.uri)
        yield server


@pytest.fixture
def records(
    ledgers: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrackingServer]:
    with tracking_server(tmp_path / "mlflow") as server:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
        yield server
