"""`deploy/slurm.sh` as it is, in a real Slurm: the time limit, the queue, `resume`, the end."""

from __future__ import annotations

import os
import shutil
import sys
import time
from pathlib import Path

import pytest
from slurm import NODES, Slurm, missing, slurm
from two_nodes import PROJECT

from rnnsearch.study import Study
from rnnsearch.training.kernels import compiled

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

EPOCHS = 600
"""So many that the time limit comes before the end, on the quickest machine too: each of the two
trials of a pack sleeps in each of its epochs."""
SLEEPS = ("seed = {", "time.sleep(0.2)\n        seed = {")


def until(slurm: Slurm, number: str, state: str, log: Path, seconds: float) -> dict[str, str]:
    deadline = time.monotonic() + seconds
    while (job := slurm.job(number))["JobState"] != state:
        said = log.read_text() if log.exists() else ""
        assert time.monotonic() < deadline, f"{job}\n{said}\n{slurm.logs()}"
        time.sleep(1)
    return job


def laid(desk: Path) -> None:
    """Put a study there, with a task of its own that takes its time."""
    example = PROJECT / "rnnsearch" / "guide" / "examples" / "task"
    code = (example / "echo.py").read_text()
    (desk / "echo.py").write_text("import time\n" + code.replace(*SLEEPS))
    shutil.copy(example / "echo.yaml", desk)


def test_a_study_goes_on_after_the_time_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    desk, storage, home = tmp_path / "desk", tmp_path / "storage", tmp_path / "home"
    for folder in (desk, home):
        folder.mkdir()
    laid(desk)
    monkeypatch.syspath_prepend(str(desk))  # the study is looked at here too
    here = {
        "HOME": str(home),
        "RNNSEARCH_VENV": str(Path(sys.executable).parent.parent),
        "RNNSEARCH_DEPLOY": str(PROJECT / "deploy"),
        "PYTHONPATH": os.pathsep.join(map(str, (PROJECT, desk))),
        "NUMBA_CACHE_DIR": str(Path(compiled.__file__).parent / "__pycache__"),
    }
    with slurm(tmp_path / "slurm") as running:
        # minutes are what Slurm counts a time limit by; the signal may come a minute early
        options = ["--parsable", "--time=4", "--signal=B:USR1@60", "--nodes=2"]
        study = ["echo.yaml", "slow", str(storage)]
        study += ["--trials", "4", "--set", f"training.max_epochs={EPOCHS}"]
        study += ["--set", "search.scheduler={type: none}"]
        study += ["--set", "search.finalists={top: 1, seeds: 1}"]
        study += ["--set", "resources.packs=2", "--set", "resources.slots=2"]
        script = str(PROJECT / "deploy" / "slurm.sh")
        number = running.run("sbatch", *options, script, *study, cwd=desk, **here).strip()
        log = desk / f"rnnsearch-{number}.log"
        until(running, number, "RUNNING", log, 60)
        token = home / ".rnnsearch-slurm" / f"token-{number}"
        until_there = time.monotonic() + 120
        while not token.exists():
            assert time.monotonic() < until_there, log.read_text()
            time.sleep(0.5)
        assert token.stat().st_mode & 0o777 == 0o600
        first = until(running, number, "PENDING", log, 400)
        assert first["Restarts"] == "1", log.read_text()
        assert "the study is drained" in log.read_text()
        assert "2 of 2 nodes are there, with 3 CPU and 0 GPU" in log.read_text()
        result = Study.open("slow", storage=storage).result()
        assert result.state == "interrupted"
        assert result.reason == "interrupted by SIGTERM"
        before = {trial.number: trial.values_by_epoch for trial in result.trials}
        assert any(before.values())

        # what is left fits into the next turn: a shorter limit of epochs is not asked for
        running.run("scontrol", "update", f"JobId={number}", "StartTime=now", "TimeLimit=30")
        until(running, number, "COMPLETED", log, 900)
        result = Study.open("slow", storage=storage).result()
        assert result.state == "complete"
        assert result.summary()["trials"]["complete"] == 4
        for trial in result.trials:
            assert len(trial.values_by_epoch) == EPOCHS
            assert before[trial.number].items() <= trial.values_by_epoch.items()
        assert not token.exists()
        assert "Traceback" not in log.read_text()
        assert len(list(desk.glob(f"ray-{number}-n?.log"))) == len(NODES)
        assert os.listdir(home / ".rnnsearch-slurm") == []
