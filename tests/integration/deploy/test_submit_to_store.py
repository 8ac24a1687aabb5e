"""A study sent to a cluster whose nodes have an object store and no folder in common."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.postgres import Postgres
from contracts.tracking_server import TrackingServer
from two_nodes import PROJECT, Cluster, Done, head_alone

STORAGE = "s3://studies/lab"
LONG = ["--trials", "4", "--set", "training.max_epochs=400", "--set", "resources.slots=2"]


@pytest.fixture
def alone(records: TrackingServer) -> Iterator[Cluster]:
    with head_alone() as running:
        yield running


def rnnsearch(cluster: Cluster, *words: str, cwd: Path) -> Done:
    called = [sys.executable, "-m", "rnnsearch", *words, "--address", cluster.jobs]
    return cluster.run(*called, cwd=cwd, PYTHONPATH=str(PROJECT))


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_module_of_ours_is_there_when_the_study_goes_on(
    alone: Cluster, ledgers: Postgres, tmp_path: Path
) -> None:
    desk, elsewhere = tmp_path / "desk", tmp_path / "elsewhere"  # without echo.py
    for folder in (desk, elsewhere):
        folder.mkdir()
    for name in ("echo.py", "echo.yaml"):
        shutil.copy(PROJECT / "rnnsearch/guide/examples/task" / name, desk)
    words = ["submit", "echo.yaml", "--storage", STORAGE, *LONG, "--no-wait"]
    sent = rnnsearch(alone, *words, cwd=desk)
    assert sent.status == 0, sent.text
    until = time.monotonic() + 400
    sql = "select 1 from rnnsearch_batch where lines like '%intermediate_value%'"
    while "rnnsearch_batch" not in str(ledgers.rows(_TABLES)) or not ledgers.rows(sql):
        assert time.monotonic() < until, rnnsearch(alone, "job", "logs", "echo", cwd=desk).text
        time.sleep(0.5)
    stopped = rnnsearch(alone, "job", "stop", "echo", cwd=desk)
    assert stopped.status == 0
    done = rnnsearch(alone, "job", "resume", "echo", "--storage", STORAGE, cwd=elsewhere)
    assert done.status == 0, done.text
    assert "study echo: " in done.text
    assert "failed" not in done.text, done.text


_TABLES = "select table_name from information_schema.tables where table_schema = 'public'"
