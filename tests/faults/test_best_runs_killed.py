"""A driver that is killed at any time of a study with runs of the best trials alone."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from contracts.ledger_rows import check_ledger_rows

from rnnsearch.errors import RnnsearchError
from rnnsearch.study import Study
from rnnsearch.study.result import StudyResult

TRIALS, BEST, SECONDS = 40, 5, 900.0
SPACE = f"""
name: small
task: {{type: sine, num_points: 30, rollout: {{steps: [1, 5]}}}}
model: {{cell: rnn, hidden_size: {{int: [2, 16]}}}}
training:
  {{learning_rate: {{loguniform: [1.0e-4, 1.0e-1]}}, steps_per_epoch: 150, max_epochs: 12}}
search: {{metric: val_mse, num_trials: {TRIALS}, finalists: {{top: 2, seeds: 2}}}}
resources: {{packs: 1, slots: 4}}
"""


def called(storage: Path, *words: object) -> list[str]:
    return [
        *(sys.executable, "-m", "rnnsearch", *map(str, words)),
        *("--storage", str(storage), "--quiet"),
    ]


def result_of(storage: Path) -> StudyResult | None:
    """What the ledger says now; None before there is one."""
    try:
        return Study.open("small", storage=storage).result()
    except RnnsearchError:
        return None


def ended(storage: Path) -> int:
    result = result_of(storage)
    counts = {} if result is None else result.counts()
    return sum(counts.get(state, 0) for state in ("complete", "pruned", "diverged", "failed"))


def check(storage: Path, most: int = BEST) -> StudyResult:
    """The store has the runs of the best, and the study's run the counts of all."""
    result = result_of(storage)
    assert result is not None
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        check_ledger_rows(lambda sql: database.execute(sql).fetchall(), result, most)
    return result


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_killed_early_halfway_and_late_and_extended(tmp_path: Path) -> None:
    space, storage = tmp_path / "small.yaml", tmp_path / "studies"
    space.write_text(SPACE)
    words = ["run", space, "--record", f"top:{BEST}"]
    for due in (1, TRIALS // 2, TRIALS - 2):
        with subprocess.Popen(
            called(storage, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as driver:
            until = time.monotonic() + SECONDS
            while ended(storage) < due and driver.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.2)
            driver.kill()
        assert driver.returncode == -signal.SIGKILL
        words = ["resume", "small"]
    assert subprocess.run(called(storage, *words), check=False).returncode == 0
    result = check(storage)
    assert len(result.trials) == TRIALS
    more = called(storage, "extend", "small", "--trials", "10")
    assert subprocess.run(more, check=False).returncode == 0
    result = check(storage)
    assert len(result.trials) == TRIALS + 10
