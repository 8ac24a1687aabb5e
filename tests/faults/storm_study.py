"""The study that `storm.py` searches again and again, and what it comes to when nothing happens.

Trial n of it has the same parameters and the same seed in every run, since the sampler goes through
a fixed sequence. So each value that any of these studies records is held against those of one study
that was searched in peace (`calm`), which has the whole curve of every trial.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from contracts.ledger_rows import check_ledger_rows
from storm_ground import Ground

from rnnsearch.errors import RnnsearchError
from rnnsearch.events import TrialState
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.study import Study

NAME, TRIALS, EPOCHS = "storm", 48, 16
_SPACE = f"""
name: {NAME}
task: {{type: sine, num_points: 60, rollout: {{steps: [1, 5]}}}}
model: {{cell: {{choice: [rnn, lstm]}}, hidden_size: {{int: [4, 24]}}}}
training:
  learning_rate: {{loguniform: [1.0e-4, 30]}}
  steps_per_epoch: 1000
  max_epochs: {EPOCHS}
search:
  metric: val_mse
  num_trials: {TRIALS}
  sampler: {{type: qmc}}
"""
_STORMY = """
  scheduler: {type: asha, grace_period: 2, reduction_factor: 2}
  finalists: {top: 2, seeds: 2}
"""
_CALM = """
  scheduler: {type: none}
  finalists: {top: 1, seeds: 1}
"""
_PLACES = ("RNNSEARCH_LEDGER", "MLFLOW_TRACKING_URI")
ENDED: tuple[TrialState, ...] = ("complete", "pruned", "diverged", "failed")
WRONGS = ("lost", "doubled", "changed", "other values", "rows wrong", "no end")
Curves = Mapping[int, tuple[str, Mapping[int, str]]]
"""Parameters and seed of each trial as text, and its values by epoch."""


def space(packs: int | str) -> str:
    """The space file of a study."""
    return f"{_SPACE}{_STORMY.strip(chr(10))}\nresources: {{packs: {packs}, slots: 4}}\n"


def calm(folder: Path) -> Curves:
    """The curves of a study that nothing happens to; it is searched once for all in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "calm.json"
    if not kept.exists():
        file = folder / f"{NAME}.yaml"
        file.write_text(f"{_SPACE}{_CALM.strip(chr(10))}\nresources: {{packs: 2, slots: 16}}\n")
        words = [sys.executable, "-m", "rnnsearch", "run", str(file), "--storage", str(folder)]
        environment = {name: value for name, value in os.environ.items() if name not in _PLACES}
        environment["RAY_worker_niceness"] = "0"
        subprocess.run([*words, "-q"], check=True, env=environment)
        trials = Study.open(NAME, storage=folder).result().trials
        assert len(trials) == TRIALS
        curves = {one.number: (identity(one), curve_of(one)) for one in trials}
        kept.write_text(json.dumps(curves))
    read = json.loads(kept.read_text())
    return {
        int(number): (identity, {int(epoch): value for epoch, value in curve.items()})
        for number, (identity, curve) in read.items()
    }


def identity(one: TrialRecord) -> str:
    """The parameters and the seed of a trial as a text."""
    return json.dumps([dict(one.params), one.seed], sort_keys=True)


def curve_of(one: TrialRecord) -> dict[int, str]:
    """The values of a trial by epoch, to the last bit."""
    return {epoch: repr(value) for epoch, value in one.values_by_epoch.items()}


class Memory:
    """What the ledger of a study has said so far, and how often it said otherwise later."""

    def __init__(self, storage: Path, calm: Curves) -> None:
        self.wrongs: Counter[str] = Counter()
        self.share = 0.0
        """The part of the trials that had ended when the ledger was last read."""
        self.epochs = 0
        """How many epochs all trials together had by then."""
        self._storage, self._calm = storage, calm
        self._known: dict[int, dict[int, str]] = {}
        self._ends: dict[int, str] = {}

    def read(self) -> None:
        """Read the ledger again, only to see how far the study is."""
        if not self._there():
            return
        try:
            trials = Study.open(NAME, storage=self._storage).result().trials
        except RnnsearchError:
            return  # the ledger has no record yet, or its database or disk is away
        self.share = sum(one.state in ENDED for one in trials) / TRIALS
        self.epochs = sum(len(one.values_by_epoch) for one in trials)

    def _there(self) -> bool:
        """Whether the driver's folder has the study: it is not begun, or its machine is lost and
        the next driver has not fetched it yet."""
        return (self._storage / NAME / "study.yaml").exists()

    def look(self) -> dict[str, int]:
        """Read the ledger; returns what is wrong with it that was not before.

        What is gone and stays gone is seen by the next look, and by the one at the end, which wants
        every trial.
        """
        if not self._there():
            return {}
        try:
            trials = Study.open(NAME, storage=self._storage).result().trials
        except RnnsearchError as error:
            if not self._known:
                return {}
            print(f"{self._storage.name}: {error}", flush=True)
            self.wrongs["lost"] += 1
            return {"lost": 1}
        return self.compare(trials)

    def compare(self, trials: Sequence[TrialRecord]) -> dict[str, int]:
        """What is wrong with these trials that was not with those of before."""
        before = Counter(self.wrongs)
        numbers = Counter(one.number for one in trials)
        same = Counter(identity(one) for one in trials if one.params)
        for counts in (numbers, same):
            self.wrongs["doubled"] += sum(count - 1 for count in counts.values())
        self.wrongs["lost"] += len(set(self._known) - set(numbers))
        for one in trials:
            curve, end = curve_of(one), one.state if one.state in ENDED else ""
            known = self._known.get(one.number, {})
            self.wrongs["changed"] += (
                any(curve.get(epoch) != value for epoch, value in known.items())
                or (self._ends.get(one.number, end) or end) != end
            )
            expected, values = self._calm[one.number]
            self.wrongs["other values"] += (bool(one.params) and expected != identity(one)) or any(
                values.get(epoch) != value for epoch, value in curve.items()
            )
            self._known[one.number], self._ends[one.number] = curve, end
        return dict(self.wrongs - before)


def whole(stands: Ground) -> dict[str, int]:
    """What is wrong with a study that has ended."""
    wrongs: Counter[str] = Counter()
    result = Study.open(NAME, storage=stands.studies).result()
    wrongs["lost"] += TRIALS - len(result.trials)
    wrongs["lost"] += result.champion is None
    wrongs["changed"] += sum(
        one.state not in ENDED or one.state == "failed" for one in result.trials
    )
    try:
        with closing(sqlite3.connect(stands.storage / "mlflow.db")) as database:
            check_ledger_rows(lambda sql: database.execute(sql).fetchall(), result)
    except AssertionError as error:
        print(f"{stands.storage}: MLflow's rows: {error}", flush=True)
        wrongs["rows wrong"] += 1
    return dict(+wrongs)
