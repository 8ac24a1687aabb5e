"""Population based training that is killed goes on to the same end; its champion trains again."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from e2e.command import Running, rnnsearch
from e2e.records import ledger_trials

from rnnsearch.study import Study

SPACE = """
task: {type: sine}
model: {cell: gru, hidden_size: {int: [4, 12]}, num_layers: 2, dropout: {uniform: [0.0, 0.3]}}
training: {learning_rate: {loguniform: [0.0005, 0.1]}, steps_per_epoch: 150, max_epochs: 12}
search:
  num_trials: 6
  sampler: {type: random}
  scheduler: {type: pbt, perturbation_interval: 3}
  finalists: {top: 1, seeds: 2}
"""


def lineage(name: str, storage: Path) -> list[dict[str, Any]]:
    """Who is copied from whom, and with which settings, and every value of its curve."""
    kept = ("number", "parent", "parent_epoch", "replaces", "params", "seed", "values_by_epoch")
    trials = Study.open(name, storage=storage).result().trials
    return [{key: getattr(one, key) for key in (*kept, "state", "reason")} for one in trials]


def trials_there(folder: Path) -> int:
    """How many trials the ledger has; none before it is made."""
    if not (folder / "ledger.journal").exists():
        return 0
    try:
        return len(ledger_trials(folder))
    except ValueError:  # no study is in it yet
        return 0


@pytest.mark.slow
def test_it_is_killed_twice_and_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    file, option = tmp_path / "pop.yaml", ("--storage", tmp_path)
    file.write_text(SPACE)
    assert rnnsearch("run", file, "--name", "whole", *option).status == 0

    running = Running.start("run", file, "--name", "killed", *option)
    for count in (8, 10):  # copies of the first rung are there, and then of the second one
        while trials_there(tmp_path / "killed") < count:
            assert running.process.poll() is None, running.end().err
            time.sleep(0.05)
        running.send(signal.SIGKILL)
        assert running.end().status == -signal.SIGKILL
        running = Running.start("resume", "killed", *option)
    said = running.end()
    assert said.status == 0, said.err

    expected = lineage("whole", tmp_path)
    assert len(expected) == 6 + 3 * 2
    assert lineage("killed", tmp_path) == expected
    best = rnnsearch("best", "killed", *option, "--format", "json").json()
    again = rnnsearch("reproduce", "killed", best["best"]["number"], *option)
    assert "0 bits differ in 12 epochs" in again.out, again.out + again.err

    schedule = tmp_path / "killed" / "champion.yaml"
    changes = best["best"]["params"].get("training.changes")
    assert schedule.is_file() is (changes is not None)
    if changes:
        assert yaml.safe_load(schedule.read_text())["training"]["changes"] == changes
        assert rnnsearch("run", schedule, *option).status == 0
