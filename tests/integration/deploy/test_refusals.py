"""A cluster with a token: who has not got it is told so in words."""

from __future__ import annotations

import sys
from pathlib import Path

from two_nodes import PROJECT, Cluster, Done

FILE = str(PROJECT / "search_spaces" / "hello.yaml")
JOB = [sys.executable, str(PROJECT / "deploy" / "job.py"), FILE]
RUN = [sys.executable, "-m", "rnnsearch", "run", FILE]
WRONG = "0123456789abcdef" * 4


def said_in_words(done: Done, words: str) -> None:
    assert done.status == 2, done.text
    assert words in done.text
    assert "Traceback" not in done.text


def test_a_wrong_token(cluster: Cluster, tmp_path: Path) -> None:
    storage = ["--storage", str(tmp_path)]
    done = cluster.run(*RUN, *storage, "--address", cluster.address, RAY_AUTH_TOKEN=WRONG)
    said_in_words(done, f"error: Ray at {cluster.address} refuses us: the authentication")
    assert "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH" in done.text


def test_no_token(cluster: Cluster, tmp_path: Path) -> None:
    storage = ["--storage", str(tmp_path)]
    here = {"RAY_ADDRESS": cluster.address, "RAY_AUTH_MODE": "disabled"}
    done = cluster.run(*JOB, *storage, **here)
    said_in_words(done, f"error: Ray at {cluster.address} refuses us: the authentication")
    assert "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH" in done.text


def test_the_jobs_server_asks_for_the_token_too(cluster: Cluster) -> None:
    wrong = cluster.job("list", RAY_AUTH_TOKEN=WRONG)
    assert wrong.status != 0
    assert "Invalid authentication token" in wrong.text
    assert cluster.job("list").status == 0


def test_the_dashboard_is_not_the_cluster(cluster: Cluster, tmp_path: Path) -> None:
    address = cluster.jobs.removeprefix("http://")
    done = cluster.run(*JOB, "--storage", str(tmp_path), RAY_ADDRESS=address)
    said_in_words(done, f"What listens at {address} does not answer as Ray.")
