"""`rnnsearch doctor` on a real cluster of two nodes with a token."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from two_nodes import PROJECT, Cluster, Done

pytestmark = pytest.mark.slow


def doctor(cluster: Cluster, *words: str, **environment: str) -> Done:
    command = [sys.executable, "-m", "rnnsearch", "doctor", *words]
    # nodes have no rnnsearch of this checkout: they are asked without it
    return cluster.run(*command, PYTHONPATH=str(PROJECT), **environment)


def test_a_cluster_that_is_fit(cluster: Cluster, tmp_path: Path) -> None:
    token = Path(cluster.environment["HOME"], ".ray", "auth_token")
    token.chmod(0o600)
    words = ["--address", cluster.address, "--storage", str(tmp_path), "--json"]
    done = doctor(cluster, *words)
    assert done.status == 0, done.text
    report = done.json()
    by_check: dict[str, list[str]] = {}
    for one in report["findings"]:
        by_check.setdefault(one["check"], []).append(f"{one['level']} {one['text']}")
    assert set(by_check) == {
        *("cluster", "token", "dashboard", "ports", "clocks", "versions", "gpus"),
        *("storage", "ledger", "tracking"),
    }
    assert len(by_check["versions"]) == 2
    assert by_check["ports"] == ["ok 3 reached from 2 nodes"]
    assert by_check["ledger"] == [f"ok {tmp_path}: its lock holds on 2 nodes"]
    assert "written on 2 nodes, each read on every" in by_check["storage"][0]
    assert list(tmp_path.iterdir()) == []


def test_a_cluster_that_this_machine_is_no_part_of(cluster: Cluster, tmp_path: Path) -> None:
    done = doctor(cluster, "--address", cluster.jobs, "--storage", str(tmp_path))
    assert done.status == 0, done.text
    assert done.text.startswith("ok    cluster    ")
    assert "each read on every" in done.text
    assert done.text.rstrip().endswith("failures 0")


def test_a_wrong_token_is_a_finding_with_its_remedy(cluster: Cluster, tmp_path: Path) -> None:
    words = ["--address", cluster.address, "--storage", str(tmp_path)]
    done = doctor(cluster, *words, RAY_AUTH_TOKEN="0123456789abcdef" * 4)
    assert done.status == 1
    assert "fail  cluster    Ray at" in done.text
    assert "RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH" in done.text
    assert "Traceback" not in done.text
