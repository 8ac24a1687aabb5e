"""`rnnsearch submit` and `rnnsearch job` on a real cluster of two nodes with a token."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from two_nodes import PROJECT, Cluster, Done

from rnnsearch.study import Study

RNNSEARCH = [sys.executable, "-m", "rnnsearch"]
SMALL = ["--trials", "4", "--set", "training.max_epochs=3", "--set", "resources.packs=2"]
WRONG = "0123456789abcdef" * 4

pytestmark = pytest.mark.slow


def rnnsearch(cluster: Cluster, *words: str, cwd: Path, **environment: str) -> Done:
    return cluster.run(*RNNSEARCH, *words, cwd=cwd, PYTHONPATH=str(PROJECT), **environment)


def at(cluster: Cluster) -> list[str]:
    return ["--address", cluster.jobs]


def test_data_goes_along_and_stays_with_the_study(cluster: Cluster, tmp_path: Path) -> None:
    desk, storage = tmp_path / "desk", tmp_path / "storage"
    desk.mkdir()
    for name in ("load.yaml", "load.csv"):
        shutil.copy(PROJECT / "search_spaces" / name, desk)
    # another address in the environment is no match for one that was typed
    done = rnnsearch(
        cluster,
        "submit",
        "load.yaml",
        *at(cluster),
        "--storage",
        str(storage),
        *SMALL,
        cwd=desk,
        RAY_ADDRESS="127.0.0.1:1",
    )
    assert done.status == 0, done.text
    assert "Traceback" not in done.text
    assert "next:" in done.text  # the log came to its end
    kept = storage / "load" / "sent" / "data" / "path" / "load.csv"
    assert kept.read_bytes() == (desk / "load.csv").read_bytes()
    study = Study.open("load", storage=storage)
    assert study.result().state == "complete"
    assert study.spec.values["task.path"] == str(kept)
    assert len(list(study.directory.logs.glob("pack-*.log"))) == 2

    again = rnnsearch(
        cluster, "submit", "load.yaml", *at(cluster), "--storage", str(storage), cwd=desk
    )
    assert again.status == 2
    assert "the study 'load' exists" in again.text
    listed = rnnsearch(cluster, "job", "list", *at(cluster), "--format", "json", cwd=desk)
    jobs = json.loads(listed.text.splitlines()[-1])
    assert [job["state"] for job in jobs if job["study"] == "load"] == ["FAILED", "SUCCEEDED"]


def test_a_custom_task_is_stopped_and_resumed(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, storage = tmp_path / "desk", tmp_path / "storage"
    desk.mkdir()
    monkeypatch.syspath_prepend(str(desk))  # the study is looked at here too
    for name in ("echo.py", "echo.yaml"):
        shutil.copy(PROJECT / "rnnsearch/guide/examples/task" / name, desk)
    long = ["--trials", "4", "--set", "training.max_epochs=400", "--set", "resources.slots=2"]
    sent = rnnsearch(
        cluster,
        "submit",
        "echo.yaml",
        *at(cluster),
        "--storage",
        str(storage),
        *long,
        "--no-wait",
        cwd=desk,
    )
    assert sent.status == 0, sent.text
    following = subprocess.Popen(
        [*RNNSEARCH, "job", "logs", "echo", *at(cluster)],
        env={**cluster.environment, "PYTHONPATH": str(PROJECT)},
        cwd=desk,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    journal = storage / "echo" / "ledger.journal"
    deadline = time.monotonic() + 400
    while not (journal.exists() and "intermediate_value" in journal.read_text()):
        assert time.monotonic() < deadline
        assert following.poll() is None, following.communicate()[0]
        time.sleep(0.5)
    os.kill(following.pid, signal.SIGINT)
    told = following.communicate(timeout=60)[0]
    assert following.returncode == 130, told
    assert "the following ended; the job goes on" in told
    assert "rnnsearch job logs echo-" in told
    assert "Traceback" not in told

    status = rnnsearch(cluster, "job", "status", "echo", *at(cluster), cwd=desk)
    assert status.status == 0
    assert ": running, sent 20" in status.text
    running = rnnsearch(cluster, "job", "resume", "echo", *at(cluster), cwd=desk)
    assert running.status == 2
    assert "the study echo runs as the job echo-" in running.text
    stopped = rnnsearch(cluster, "job", "stop", "echo", *at(cluster), cwd=desk)
    assert stopped.status == 0
    assert f"rnnsearch job resume echo --storage {storage}" in stopped.text
    assert Study.open("echo", storage=storage).result().state == "interrupted"

    elsewhere = tmp_path / "elsewhere"  # without echo.py
    elsewhere.mkdir()
    resume = ["job", "resume", "echo", "--storage", str(storage), *at(cluster)]
    done = rnnsearch(cluster, *resume, cwd=elsewhere)
    assert done.status == 0, done.text
    assert Study.open("echo", storage=storage).result().summary()["trials"]["waiting"] == 0


def test_who_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    done = rnnsearch(cluster, "job", "list", *at(cluster), cwd=tmp_path, RAY_AUTH_TOKEN=WRONG)
    assert done.status == 2
    assert "refuses us: the authentication token is missing or wrong" in done.text
    none = rnnsearch(cluster, "job", "list", *at(cluster), cwd=tmp_path, RAY_AUTH_MODE="disabled")
    assert none.status == 2
    assert "RAY_AUTH_TOKEN_PATH to a copy" in none.text
    head = ["--address", f"http://{cluster.address}"]
    other = rnnsearch(cluster, "job", "list", *head, cwd=tmp_path)
    assert other.status == 2, other.text
    assert "no Jobs server answers at" in other.text
    assert "Traceback" not in done.text + none.text + other.text
