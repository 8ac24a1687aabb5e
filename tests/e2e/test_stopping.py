"""A study that is interrupted in every orderly way, and killed, and loses nothing."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest
from e2e.command import SPACES, Running, Said, rnnsearch
from e2e.records import ledger_trials, registered, run_statuses, trial_runs
from optuna.trial import FrozenTrial

TRIALS = 10
LONG = (
    *("--trials", TRIALS, "--verbose"),
    *("--set", "training.max_epochs=45", "--set", "training.steps_per_epoch=50"),
    *("--set", "model.num_layers=1", "--set", "search.finalists={top: 1, seeds: 1}"),
)


def trial_ended(line: str) -> bool:
    return line.startswith("trial ") and ": " in line


def at_rest(folder: Path) -> bool:
    """Whether neither the ledger nor MLflow has anything open."""
    open_trials = [trial for trial in ledger_trials(folder) if trial.state.name == "RUNNING"]
    return not open_trials and run_statuses(folder.parent)["RUNNING"] == 0


def ended(folder: Path) -> dict[int, FrozenTrial]:
    """The trials that have ended, by number."""
    return {trial.number: trial for trial in ledger_trials(folder) if trial.state.is_finished()}


def test_ctrl_c_then_kill_9_and_each_time_resume(tmp_path: Path) -> None:
    """One study through both; no trial is lost or doubled, and none that had ended is changed."""
    folder = tmp_path / "sine"
    option = ("--storage", tmp_path)
    running = Running.start("run", SPACES / "sine.yaml", *option, *LONG)
    running.wait_for(trial_ended)
    running.send(signal.SIGINT)
    said = running.end()
    assert said.status == 130, said.err
    assert f"rnnsearch resume sine --storage {tmp_path}" in said.out
    assert "registered: models:/sine/1" in said.out, "the best model until then"
    assert not any(line.startswith("Traceback") for line in said.err.splitlines())
    assert at_rest(folder)

    early = len(ended(folder))
    running = Running.start("resume", "sine", *option, "--verbose")
    running.wait_for(trial_ended)
    while len(ended(folder)) == early:  # told a moment before it is on disk
        assert running.process.poll() is None
        time.sleep(0.1)
    running.send(signal.SIGKILL)
    assert running.end().status == -signal.SIGKILL
    before = ended(folder)

    all_there(tmp_path, rnnsearch("resume", "sine", *option, "--format", "json"))
    after = {trial.number: trial for trial in ledger_trials(folder)}
    assert sorted(after) == list(range(TRIALS))
    for number, trial in before.items():
        assert after[number].params == trial.params
        assert after[number].intermediate_values == trial.intermediate_values
    for trial in after.values():
        epochs = sorted(trial.intermediate_values)
        assert epochs == list(range(1, len(epochs) + 1))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_sigterm_then_stop_then_resume(tmp_path: Path) -> None:
    """One study through all of it; no trial is lost or run under two names."""
    folder = tmp_path / "sine"
    option = ("--storage", tmp_path)

    file = SPACES / "sine.yaml"
    running = Running.start("run", file, *option, *LONG, "--format", "json")
    running.wait_for(lambda line: "goes aboard" in line)
    busy = rnnsearch("resume", "sine", *option)
    assert busy.status == 2
    assert "rnnsearch stop sine" in busy.err
    assert rnnsearch("delete", "sine", *option, "--yes").status == 2
    assert folder.exists()
    running.send(signal.SIGTERM)
    said = running.end()
    assert said.status == 143, said.err
    assert said.json()["trials"]["running"] == 0
    assert at_rest(folder)

    running = Running.start("resume", "sine", *option, "--verbose")
    running.wait_for(lambda line: "goes aboard" in line)
    asked = rnnsearch("stop", "sine", *option)
    assert asked.status == 0, asked.err
    said = running.end()
    assert said.status == 0, said.err
    assert "stopped" in said.out
    assert at_rest(folder)
    late = rnnsearch("stop", "sine", *option)
    assert late.status == 2
    assert "rnnsearch resume sine" in late.err

    all_there(tmp_path, rnnsearch("resume", "sine", *option, "--format", "json"))


def all_there(storage: Path, said: Said) -> None:
    """A resumed study came to its end with each trial once, everywhere."""
    assert said.status == 0, said.err
    assert said.out.count("\n") == 1
    trials = said.json()["trials"]
    assert sum(trials.values()) == TRIALS
    assert trials["running"] == trials["waiting"] == trials["failed"] == 0
    assert at_rest(storage / "sine")
    runs = trial_runs(storage)
    assert len(runs) == TRIALS
    assert set(runs.values()) == {1}
    assert registered(storage) == ["sine"]


@pytest.mark.slow
def test_second_ctrl_c_stops_at_once(tmp_path: Path) -> None:
    running = Running.start("run", SPACES / "sine.yaml", "--storage", tmp_path, *LONG)
    running.wait_for(lambda line: "goes aboard" in line)
    running.send(signal.SIGINT)
    time.sleep(0.3)  # two at the same moment are one to the operating system
    running.send(signal.SIGINT)
    said = running.end()
    assert said.status == 130, said.err
    assert said.out == ""
    assert f"rnnsearch resume sine --storage {tmp_path}" in said.err
    assert not any(line.startswith("Traceback") for line in said.err.splitlines())
    open_trials = [t for t in ledger_trials(tmp_path / "sine") if t.state.name == "RUNNING"]
    assert open_trials == []


def test_ctrl_c_before_ray_is_there(tmp_path: Path) -> None:
    running = Running.start("run", SPACES / "sine.yaml", "--storage", tmp_path)
    running.wait_for(lambda line: "starting Ray" in line)
    running.send(signal.SIGINT)
    said = running.end()
    assert said.status == 130
    assert f"rnnsearch resume sine --storage {tmp_path}" in said.err
    assert "Traceback" not in said.err
