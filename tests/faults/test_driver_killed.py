"""kill -9 of the driver in the middle of a study: `resume` ends it with every trial once."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from e2e.command import SPACES, Running, rnnsearch
from e2e.records import ledger_trials, registered, run_statuses, trial_runs
from optuna.trial import FrozenTrial

TRIALS = 20


def ended(folder: Path) -> dict[int, FrozenTrial]:
    """The trials that have ended, by number."""
    return {trial.number: trial for trial in ledger_trials(folder) if trial.state.is_finished()}


def test_no_trial_is_lost_or_doubled(tmp_path: Path) -> None:
    running = Running.start(
        *("run", SPACES / "sine.yaml", "--storage", tmp_path, "--trials", TRIALS, "--verbose"),
        *("--set", "training.max_epochs=30", "--set", "training.steps_per_epoch=50"),
        *("--set", "model.num_layers=1", "--set", "search.finalists={top: 1, seeds: 1}"),
    )
    running.wait_for(lambda line: line.startswith("trial ") and ": " in line)
    while not ended(tmp_path / "sine"):  # told a moment before it is on disk
        assert running.process.poll() is None
        time.sleep(0.05)
    running.send(signal.SIGKILL)
    assert running.end().status == -signal.SIGKILL
    before = ended(tmp_path / "sine")

    said = rnnsearch("resume", "sine", "--storage", tmp_path, "--format", "json")
    assert said.status == 0, said.err
    result = said.json()
    assert sum(result["trials"].values()) == TRIALS
    assert result["trials"]["running"] == result["trials"]["waiting"] == 0

    after = {trial.number: trial for trial in ledger_trials(tmp_path / "sine")}
    assert sorted(after) == list(range(TRIALS))
    for number, trial in before.items():
        assert after[number].params == trial.params
        assert after[number].intermediate_values == trial.intermediate_values
    for trial in after.values():
        epochs = sorted(trial.intermediate_values)
        assert epochs == list(range(1, len(epochs) + 1))

    runs = trial_runs(tmp_path)
    assert len(runs) == TRIALS
    assert set(runs.values()) == {1}
    assert run_statuses(tmp_path)["RUNNING"] == 0
    assert registered(tmp_path) == ["sine"]
