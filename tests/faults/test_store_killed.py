"""A study in an object store whose machine is lost with its folder: another machine goes on.

The store is away twice: for a while, and in the last seconds of the machine, with MLflow's server.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from contracts.ledger_rows import check_ledger_rows
from contracts.postgres import PASSWORD
from contracts.postgres import served as served_ledgers
from contracts.s3 import S3, SECRET
from contracts.s3 import served as served_store
from contracts.tracking_server import TrackingServer, tracking_server

from rnnsearch.cached_store import folder_for
from rnnsearch.errors import RnnsearchError
from rnnsearch.events import RANKED
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.study.code import read_spec
from rnnsearch.study.result import StudyResult

TRIALS, SECONDS = 100, 1800.0
STORAGE = "s3://studies/lab"
SPACE = f"""
name: small
task: {{type: sine, num_points: 30, rollout: {{steps: [1, 5]}}}}
model: {{cell: rnn, hidden_size: {{int: [2, 16]}}}}
training:
  {{learning_rate: {{loguniform: [1.0e-4, 1.0e-1]}}, steps_per_epoch: 20000, max_epochs: 12}}
search: {{metric: val_mse, num_trials: {TRIALS}, finalists: {{top: 2, seeds: 2}}}}
resources: {{packs: 1, slots: 4}}
"""
OF_EPOCHS = ("train_loss", "val_mse", "val_rollout_rmse_1", "val_rollout_rmse_5")
"""Metrics that every epoch has; the ledger has the second alone."""


@pytest.fixture
def store() -> Iterator[S3]:
    with served_store() as server:
        yield server


@pytest.fixture
def records(tmp_path: Path) -> Iterator[TrackingServer]:
    with tracking_server(tmp_path / "mlflow") as server:
        yield server


@pytest.fixture
def ray_folder() -> Iterator[Path]:
    """Where Ray keeps its logs and its sockets, whose paths must be short."""
    with tempfile.TemporaryDirectory(prefix="rt", dir="/tmp", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


class Machine:
    """A machine with a cache of its own; all of them lie in one folder."""

    def __init__(self, cache: Path, environment: dict[str, str], out: Path) -> None:
        self.cache, self.out = cache, out
        self._environment = {**environment, "RNNSEARCH_CACHE": str(cache)}

    def start(self, *words: object) -> subprocess.Popen[bytes]:
        called = (sys.executable, "-m", "rnnsearch", *map(str, words), "--storage", STORAGE)
        with self.out.open("ab") as out:
            return subprocess.Popen(called, stdout=out, stderr=out, env=self._environment)

    def call(self, *words: object) -> int:
        return self.start(*words).wait(SECONDS)

    def lose(self, driver: subprocess.Popen[bytes]) -> None:
        """All of its processes are killed, and its disk is gone."""
        everyone = psutil.Process(driver.pid).children(recursive=True)
        driver.kill()
        assert driver.wait() == -signal.SIGKILL
        for one in everyone:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(everyone, 60.0)
        shutil.rmtree(self.cache)

    def result(self, monkeypatch: pytest.MonkeyPatch) -> StudyResult:
        """The study as the ledger has it; the store is not asked."""
        monkeypatch.setenv("RNNSEARCH_CACHE", str(self.cache))
        directory = StudyDirectory(folder_for(STORAGE), "small")
        return StudyResult.read(read_spec(directory), directory)


def ended(result: StudyResult) -> dict[int, Any]:
    """What never changes again: parameters, seed, curve and end of trials that have ended."""
    return {
        one.number: (one.params, one.seed, dict(one.values_by_epoch), one.state, one.epoch)
        for one in result.trials
        if one.state in (*RANKED, "diverged", "failed")
    }


def wait_for(
    machine: Machine, trials: int, driver: subprocess.Popen[bytes], patch: pytest.MonkeyPatch
) -> dict[int, Any]:
    """Look at the study until so many trials have ended, and say which."""
    until = time.monotonic() + SECONDS
    while True:
        assert driver.poll() is None, machine.out.read_text()[-3000:]
        assert time.monotonic() < until
        assert trials < TRIALS, "the study was over too soon for what shall happen to it"
        try:
            seen = ended(machine.result(patch))
        except (RnnsearchError, OSError):  # none of it yet
            seen = {}
        if len(seen) >= trials:
            return seen
        time.sleep(0.2)


def wait_for_words(out: Path, words: str) -> None:
    until = time.monotonic() + SECONDS
    while words not in out.read_text():
        assert time.monotonic() < until, out.read_text()[-3000:]
        time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_machine_is_lost_with_its_folder_and_another_goes_on(
    tmp_path: Path,
    store: S3,
    records: TrackingServer,
    ray_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    space, out = tmp_path / "small.yaml", tmp_path / "out"
    space.write_text(SPACE)
    with served_ledgers() as postgres:
        for name, value in {**store.environment, "PGPASSWORD": PASSWORD}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("RAY_TMPDIR", str(ray_folder))
        environment = {**os.environ, "RNNSEARCH_LEDGER": postgres.uri}
        first, second, third = (
            Machine(tmp_path / name, environment, out) for name in ("first", "second", "third")
        )
        driver = first.start("run", space, "--tracking-uri", records.uri)
        wait_for(first, 4, driver, monkeypatch)
        assert second.call("resume", "small") == 2
        wait_for_words(out, "is run by process")
        store.stop()
        wait_for_words(out, "the study goes on, and its files wait on this machine")
        early = wait_for(first, 8, driver, monkeypatch)
        store.start()
        wait_for_words(out, "answers again, and has all files")
        store.stop()
        records.freeze()
        late = wait_for(first, len(early) + 5, driver, monkeypatch)
        first.lose(driver)
        records.thaw()
        store.start()

        assert second.call("resume", "small") == 0, out.read_text()[-3000:]
        assert third.call("rollout", "small", "--steps", "3") == 0
        assert third.call("reproduce", "small") == 0
        assert third.call("report", "small") == 0
        result = third.result(monkeypatch)
        with closing(sqlite3.connect(records.database)) as database:
            check(result, database, early, late)
        assert "0 bits differ" in out.read_text()
        assert len(postgres.rows("select * from rnnsearch_event")) <= 1
    for secret in (SECRET, PASSWORD):
        caches = [*second.cache.rglob("*"), *third.cache.rglob("*"), out]
        assert not [
            path for path in caches if path.is_file() and secret.encode() in path.read_bytes()
        ]


def check(result: StudyResult, database: sqlite3.Connection, *seen: dict[int, Any]) -> None:
    """No trial is lost, doubled or changed, and MLflow has every metric of every epoch once."""
    assert [one.number for one in result.trials] == list(range(TRIALS))
    now = ended(result)
    assert len(now) == TRIALS
    for before in seen:
        assert {number: now[number] for number in before} == before
    check_ledger_rows(lambda sql: database.execute(sql).fetchall(), result)
    runs = "select n.value, n.run_uuid from tags n join tags k on k.run_uuid = n.run_uuid"
    runs += " where n.key = 'rnnsearch.trial' and k.key = 'rnnsearch.kind' and k.value = 'trial'"
    for number, run in database.execute(runs).fetchall():
        trial = result.trials[int(number)]
        for metric in OF_EPOCHS:
            sql = f"select step from metrics where run_uuid = '{run}' and key = '{metric}'"
            steps = Counter(step for (step,) in database.execute(sql))
            assert steps == Counter(range(1, trial.epoch + 1)), (number, metric)
    versions = database.execute("select count(*) from model_versions").fetchone()
    assert versions == (1,)
