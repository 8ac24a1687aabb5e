"""Why packs wait, on a real cluster whose nodes are too small for them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from two_nodes import PROJECT, Cluster


@pytest.mark.slow
def test_a_pack_that_fits_on_no_node_says_so(cluster: Cluster, tmp_path: Path) -> None:
    run = [sys.executable, "-m", "rnnsearch", "run", "search_spaces/hello.yaml"]
    run += ["--address", cluster.address, "--storage", str(tmp_path), "--time-budget", "40s"]
    run += ["--set", "resources.cpus_per_pack=2", "--set", "resources.max_packs=1"]
    done = cluster.run(*run, PYTHONPATH=str(PROJECT))
    assert done.status == 1, done.text
    assert "waiting: no node has 2 CPU (the most is 1): the pack cannot start" in done.text
    assert "Traceback" not in done.text
