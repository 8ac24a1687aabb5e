"""Records on real servers, killed in the middle, have the rows that were told: none less or twice.

The ledger hands each event to the records once, so what is counted here are the events of a made-up
study with its params, curves and ends; of a searched study, what its ledger has.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from contracts.ledger_rows import check_ledger_rows
from contracts.postgres import PASSWORD, USER, Postgres, served
from record_store import WAIT_SECONDS, Store, wait_until
from servers import LoggedInMlflow, running
from unit.records import record_stream as stream

from rnnsearch.records.recorder import Recorder
from rnnsearch.records.tracking_uri import choose_store
from rnnsearch.study import Study

pytestmark = [
    pytest.mark.slow,
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

TRIALS = 12
Query = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with served() as server:
        yield server


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedInMlflow]:
    server = LoggedInMlflow(tmp_path_factory.mktemp("mlflow"))
    with running(server):
        yield server


def recorder_of(store: Store, uri: str) -> Recorder:
    tracking = choose_store(store.root, uri)
    return Recorder(store.outbox, tracking, "sine", store.root / "files", store.log)


def check_rows(query: Query) -> None:
    """As many runs, params, metrics and ends as the events hold."""
    kinds = dict(query("select value, count(*) from tags where key='rnnsearch.kind' group by 1"))
    assert kinds == {"study": 1, "baseline": 1, "trial": TRIALS}
    trials = "run_uuid in (select run_uuid from tags where key = 'rnnsearch.trial')"
    assert query(f"select count(*) from params where {trials}") == [(2 * TRIALS,)]
    curves = f"select count(*) from metrics where key in ('train_loss', 'val_mse') and {trials}"
    assert query(curves) == [(2 * TRIALS * stream.EPOCHS,)]
    states = f"select value, count(*) from tags where key = 'state' and {trials} group by 1"
    told = [stream.state_of(number) for number in range(TRIALS)]
    assert dict(query(states)) == {one: told.count(one) for one in told}
    numbers = f"select count(distinct value) from tags where key = 'rnnsearch.trial' and {trials}"
    assert query(numbers) == [(TRIALS,)]
    assert query("select count(*) from runs where status = 'RUNNING'") == [(0,)]
    assert query("select count(*) from tags where key = 'rank'") == [(3,)]


def record(recorder: Recorder, kill: Callable[[], None], start: Callable[[], None]) -> None:
    """Tell a study, and kill the server while its records are on their way."""
    events = list(stream.study(TRIALS))
    recorder.start()
    for event in events[: len(events) // 2]:
        recorder.on_event(event)
    total = recorder.pending
    wait_until(lambda: recorder.pending < total, WAIT_SECONDS)
    kill()
    for event in events[len(events) // 2 : -1]:
        recorder.on_event(event)
    wait_until(lambda: recorder.problem is not None, WAIT_SECONDS)
    start()
    recorder.on_event(replace(stream.ended(), ranking=[0, 1, 2]))
    state = recorder.close(WAIT_SECONDS, patience_seconds=WAIT_SECONDS)
    assert (state.pending, state.problem, state.state.refused) == (0, None, 0)


def test_postgresql_is_killed_and_comes_back(store: Store, postgres: Postgres) -> None:
    recorder = recorder_of(store, postgres.uri)
    record(recorder, postgres.kill, postgres.start)
    check_rows(postgres.rows)
    assert PASSWORD not in store.log.read_text()
    assert PASSWORD not in (store.outbox / "state.json").read_text()


def test_a_wrong_password_is_told_with_what_mends_it(store: Store, postgres: Postgres) -> None:
    recorder = recorder_of(store, postgres.uri.replace(PASSWORD, "another-one"))
    recorder.on_event(stream.started())
    state = recorder.close(WAIT_SECONDS)
    assert state.pending == 1
    assert "MLflow refuses the login" in (state.problem or "")
    assert "MLFLOW_TRACKING_URI" in state.state.remedy


def test_a_server_behind_a_login_is_killed_and_comes_back(
    store: Store, mlflow: LoggedInMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_USERNAME", raising=False)
    stranger = recorder_of(store, mlflow.address)
    stranger.on_event(stream.started())
    refused = stranger.close(WAIT_SECONDS)
    assert "MLflow refuses the login" in (refused.problem or "")
    assert "MLFLOW_TRACKING_USERNAME" in refused.state.remedy

    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", USER)
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    record(recorder_of(store, mlflow.address), mlflow.kill, mlflow.start)
    with closing(sqlite3.connect(Path(mlflow.database))) as database:
        check_rows(lambda sql: database.execute(sql).fetchall())
    assert PASSWORD not in store.log.read_text()


SPACE = """
name: small
task: {type: sine, num_points: 30, rollout: {steps: [1, 5]}}
model: {cell: rnn, hidden_size: {int: [2, 16]}}
training:
  {learning_rate: {loguniform: [1.0e-4, 1.0e-1]}, steps_per_epoch: 100, max_epochs: 12}
search: {metric: val_mse, num_trials: 30, finalists: {top: 2, seeds: 2}}
resources: {packs: 1, slots: 4}
"""


@pytest.mark.timeout(3600)
def test_a_searched_study_has_the_rows_of_its_ledger(
    tmp_path: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is killed in the middle of the search, and comes back before its end."""
    uri = postgres.fresh("searched")
    (tmp_path / "small.yaml").write_text(SPACE)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    storage = tmp_path / "studies"
    words = [sys.executable, "-m", "rnnsearch", "run", str(tmp_path / "small.yaml"), "--quiet"]
    with subprocess.Popen([*words, "--storage", str(storage)]) as driver:
        ended = "select count(*) from tags where key = 'state' and value <> 'running'"
        wait_until(lambda: _some(postgres, ended), WAIT_SECONDS)
        postgres.kill()
        time.sleep(5.0)
        postgres.start()
        assert driver.wait(WAIT_SECONDS) == 0
    flush = ["flush", "small", "--storage", str(storage)]
    done = subprocess.run([*words[:3], *flush], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    result = Study.open("small", storage=storage).result()
    assert len(result.trials) == 30
    check_ledger_rows(partial(postgres.rows, database="searched"), result)


def _some(postgres: Postgres, sql: str) -> bool:
    """Whether a count of the searched study's rows is above zero, once there are such tables."""
    import psycopg2

    try:
        ((count,),) = postgres.rows(sql, database="searched")
    except psycopg2.Error:
        return False
    return int(str(count)) > 0
