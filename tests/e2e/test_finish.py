"""Stopped trials that are trained to the end by real packs, through a kill -9."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from e2e.command import SPACES, Running, rnnsearch
from e2e.records import ledger_notes, tagged_runs

SPACE = (
    *("--trials", 12, "--set", "training.max_epochs=45", "--set", "training.steps_per_epoch=50"),
    *("--set", "model.num_layers=1", "--set", "search.finalists={top: 1, seeds: 1}"),
)


def finished(folder: Path) -> dict[str, Any]:
    noted: Any = ledger_notes(folder).get("finished_stopped", {})
    return dict(noted)


@pytest.mark.slow
def test_stopped_trials_are_trained_to_the_end_through_a_kill_9(tmp_path: Path) -> None:
    folder, option = tmp_path / "sine", ("--storage", tmp_path)
    done = rnnsearch("run", SPACES / "sine.yaml", *option, *SPACE)
    assert done.status == 0, done.err
    board = (folder / "leaderboard.json").read_text()
    running = Running.start("finish", "sine", "--stopped", 4, "--verbose", *option)
    running.wait_for(lambda line: "stopped trials to the end" in line)
    while not finished(folder):
        time.sleep(0.05)
    running.send(signal.SIGKILL)
    running.end()
    before = finished(folder)
    done = rnnsearch("resume", "sine", *option)
    assert done.status == 0, done.err
    assert "stopped trials trained to the end: 4 of " in done.out
    assert "regret of stopping: " in done.out
    after = finished(folder)
    assert len(after) == 4
    assert {number: after[number] for number in before} == before
    assert (folder / "leaderboard.json").read_text() == board
    analysis = rnnsearch("analyse", "sine", *option, "--format", "json")
    assert json.loads(analysis.out)["regret"]["finished"] == 4
    assert tagged_runs(tmp_path, "finished_after_stop") == 4


@pytest.mark.slow
def test_a_budget_that_is_up_at_once_ends_packs_that_never_started(tmp_path: Path) -> None:
    option = ("--storage", tmp_path)
    done = rnnsearch("run", SPACES / "sine.yaml", *option, *SPACE)
    assert done.status == 0, done.err
    done = rnnsearch("finish", "sine", "--stopped", 2, "--max-device-hours", "0.00001", *option)
    assert done.status == 0, done.err
    assert "Traceback" not in done.err + done.out
    assert "max-device-hours" in done.out
