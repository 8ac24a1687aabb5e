"""Ray's head service or node is killed under a study: the words say so, and it goes on later."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SPACE = """
name: long
task: {type: sine, num_points: 12, rollout: {steps: [1, 5]}}
model: {cell: lstm, hidden_size: 4}
training: {learning_rate: {loguniform: [1e-3, 1e-1]}, steps_per_epoch: 100, max_epochs: 100000}
search: {metric: val_mse, num_trials: 4, scheduler: {type: none}}
resources: {packs: 1, slots: 4}
"""


def children(pid: int) -> dict[int, str]:
    """Names of a process's children."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it ended meanwhile
                continue
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found[int(entry.name)] = stat[stat.index("(") + 1 : stat.rindex(")")]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("killed", ["gcs_server", "raylet"])
def test_a_killed_head_is_said_with_the_command_that_goes_on(tmp_path: Path, killed: str) -> None:
    space = tmp_path / "long.yaml"
    space.write_text(SPACE)
    storage = tmp_path / "100%20 of it"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    # Ray's sockets want a short path: only what is ours goes to this folder.
    environment = {**os.environ, "TMPDIR": str(temporary), "RAY_TMPDIR": "/tmp"}
    command = [sys.executable, "-m", "rnnsearch"]
    study = [*command, "run", str(space), "--storage", str(storage)]
    with subprocess.Popen(study, stderr=subprocess.PIPE, text=True, env=environment) as driver:
        assert driver.stderr is not None
        for line in driver.stderr:
            if "packs at work" in line:
                break
        heads = [pid for pid, name in children(driver.pid).items() if name == killed]
        time.sleep(3.0)
        for pid in heads:
            os.kill(pid, signal.SIGKILL)
        said = driver.stderr.read()
    assert len(heads) == 1
    assert driver.returncode == 2
    assert "Traceback" not in said
    assert "does not answer any more" in said
    printed = re.search(r"rnnsearch (resume .*)", said)
    assert printed is not None
    assert [each for each in temporary.iterdir() if "rnnsearch" in each.name] == []
    again = [*command, *shlex.split(printed[1]), "--time-budget", "5s"]
    resumed = subprocess.run(again, capture_output=True, text=True, check=False)
    assert "Traceback" not in resumed.stderr
    assert "4 " in resumed.stdout + resumed.stderr
    assert resumed.returncode in (0, 1)
    assert not (storage / "long" / "scratch").exists()
