"""A driver that is killed at any time of a study of several goals."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from rnnsearch.errors import RnnsearchError
from rnnsearch.models.weights import parameter_count
from rnnsearch.space.trial import trial_config
from rnnsearch.study import Study
from rnnsearch.study.result import StudyResult

TRIALS, SECONDS = 30, 900.0
SPACE = f"""
name: small
task: {{type: sine, num_points: 30, rollout: {{steps: [1, 5]}}}}
model: {{cell: rnn, hidden_size: {{logint: [2, 40]}}}}
training:
  {{learning_rate: {{loguniform: [1.0e-3, 1.0e-1]}}, steps_per_epoch: 100, max_epochs: 12}}
search:
  metric: val_mse
  goals: [parameters, training_seconds]
  choose: parameters <= 60
  num_trials: {TRIALS}
  scheduler: {{type: asha, grace_period: 2}}
  finalists: {{top: 3, seeds: 2}}
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


def goals_of_ended(storage: Path) -> dict[int, dict[str, float]]:
    result = result_of(storage)
    trials = [] if result is None else result.trials
    return {one.number: dict(one.goals) for one in trials if one.ended is not None}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_front_is_that_of_the_ledger_after_two_kills(tmp_path: Path) -> None:
    space, storage = tmp_path / "small.yaml", tmp_path / "studies"
    space.write_text(SPACE)
    words: list[object] = ["run", space]
    before: dict[int, dict[str, float]] = {}
    for due in (TRIALS // 3, TRIALS - 3):
        with subprocess.Popen(
            called(storage, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as driver:
            until = time.monotonic() + SECONDS
            while len(goals_of_ended(storage)) < due and driver.poll() is None:
                assert time.monotonic() < until
                time.sleep(0.2)
            driver.kill()
        assert driver.returncode == -signal.SIGKILL
        kept = goals_of_ended(storage)
        assert {number: kept[number] for number in before} == before
        before = kept
        words = ["resume", "small"]
    last = called(storage, *words, "--format", "json")
    summary = json.loads(subprocess.run(last, check=True, capture_output=True).stdout)
    result = result_of(storage)
    assert result is not None
    assert len(result.trials) == TRIALS
    points = {}
    for trial in result.trials:
        config = trial_config(result.spec, trial.params, trial.seed)
        size = parameter_count(config.model, input_size=1, output_size=1, symbolic=False)
        assert trial.goals["parameters"] == size
        assert trial.goals["training_seconds"] > 0
        if trial.state != "diverged":
            points[trial.number] = (trial.best_value or 0.0, *trial.goals.values())
    by_hand = {
        number
        for number, mine in points.items()
        if not any(
            all(a <= b for a, b in zip(one, mine, strict=True)) and one != mine
            for one in points.values()
        )
    }
    assert {row["number"] for row in summary["front"]} == by_hand
    # Weights on their way from the pack as the driver died are lost; two kills, four slots each.
    assert sum(row["checkpoint"] is None for row in summary["front"]) <= 8
    sizes = [row["values"]["parameters"] for row in summary["front"]]
    assert min(sizes) < 60 < 300 < max(sizes)
    assert result.champion is not None
    assert result.best_trial.goals["parameters"] <= 60
    query = """
        SELECT tags.value, latest_metrics.value FROM latest_metrics
        JOIN tags ON tags.run_uuid = latest_metrics.run_uuid AND tags.key = 'rnnsearch.trial'
        WHERE latest_metrics.key = 'goal_parameters'
    """
    with closing(sqlite3.connect(storage / "mlflow.db")) as database:
        recorded = {int(number): value for number, value in database.execute(query)}
    assert recorded == {one.number: one.goals["parameters"] for one in result.trials}
