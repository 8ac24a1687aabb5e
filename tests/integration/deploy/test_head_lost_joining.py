"""A real head is killed at the moment at which a driver begins to join it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from two_nodes import PROJECT, head_alone

DRIVER = """
import sys
from pathlib import Path
import ray
from rnnsearch.search.tune.cluster import ray_session

real = ray.init
def init(**named):
    print("joining", flush=True)
    sys.stdin.readline()
    real(**named)
ray.init = init
with ray_session(sys.argv[1], Path(sys.argv[2]), go_on="rnnsearch resume x"):
    pass
"""


@pytest.mark.slow
def test_a_head_that_is_killed_while_it_is_joined_is_told(tmp_path: Path) -> None:
    with head_alone() as cluster:
        everyone = psutil.Process().children(recursive=True)
        heads = [one for one in everyone if one.name() == "gcs_server"]
        with subprocess.Popen(
            [sys.executable, "-c", DRIVER, cluster.address, str(tmp_path / "ray.log")],
            env={**cluster.environment, "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as driver:
            assert driver.stdout is not None
            assert driver.stdout.readline() == "joining\n"
            for head in heads:
                head.kill()
            _, said = driver.communicate("\n", timeout=300)
    assert len(heads) == 1
    assert driver.returncode == 2
    assert "Traceback" not in said
    assert f"error: Ray at {cluster.address} went away while this process joined it" in said
    assert said.endswith("rnnsearch resume x\n")
