"""A deterministic study on a real Ray is the same, whatever trains it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ray_study import open_study, search, tiny_spec

from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.run import SearchOutcome
from rnnsearch.search.tune.cluster import ray_session

SPACE = [
    "search.deterministic=true",
    "search.virtual_workers=8",
    "search.num_trials=24",
    "search.sampler={type: tpe, startup_trials: 4}",
    "model={cell: {choice: [rnn, gru, lstm]}, hidden_size: {logint: [4, 32]}}",
    "training.steps_per_epoch=40",
    "training.max_epochs=18",
    "search.scheduler={type: asha, grace_period: 2, reduction_factor: 3}",
]
SCRIPT = Path(__file__).parent / "ray_study.py"


def packs(count: int) -> list[str]:
    return [*SPACE, f"resources={{packs: {count}, slots: 8, cpus_per_pack: 0.4}}"]


def same(outcome: SearchOutcome, ledger: Ledger) -> Any:
    """All that must be: trials with params, stops and curves; finalists; champion."""
    trials = [
        (dict(one.params), one.state, one.epoch, one.reason, dict(one.values_by_epoch))
        for one in ledger.trials()
    ]
    champion = outcome.champion
    assert champion is not None
    chosen = (champion.number, champion.seed, dict(champion.val_metrics))
    return trials, dict(ledger.notes.finalists), chosen


@pytest.mark.slow
def test_packs_repeats_and_a_kill_9_change_nothing(tmp_path: Path) -> None:
    kinds = {"one": 1, "two": 2, "four": 4, "again": 4}
    results = {}
    with ray_session(None, tmp_path / "ray.log"):
        for name, count in kinds.items():
            outcome, _, ledger = search(tmp_path / name, packs(count), snapshot_seconds=0.5)
            results[name] = same(outcome, ledger)
    trials, finalists, _ = results["one"]
    assert len(trials) == 24
    assert {state for _, state, *_ in trials} >= {"complete", "pruned"}
    assert len(finalists) == 2
    folder, ended = tmp_path / "killed", 0
    driver = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), *packs(2)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
        start_new_session=True,
    )
    assert driver.stdout is not None
    for line in driver.stdout:
        ended += json.loads(line)["what"] == "TrialEnded"
        if ended == 9:
            break
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    _, left = open_study(folder, tiny_spec(packs(2)), resume=True)
    states = [one.state for one in left.trials()]
    assert {"waiting", "pruned"} <= set(states)
    assert len(states) < 24
    left.close()
    outcome, _, ledger = search(folder, packs(1), resume=True)
    results["killed"] = same(outcome, ledger)
    for name, each in results.items():
        assert each == results["one"], name
