"""What MLflow says no to for good: told from what passes, said with a remedy, and nothing lost."""

from __future__ import annotations

import os
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from record_store import Store
from unit.records import record_stream as stream

from rnnsearch.events import ChampionChosen, ChampionMark, Event
from rnnsearch.records.mlflow.refusals import as_store_error, blocked_by, cause, first_line
from rnnsearch.records.patience import BLOCKED_PAUSE_SECONDS, Patience
from rnnsearch.records.run_store import BlockedError
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import VARIABLE, TrackingStore
from rnnsearch.records.writer_state import WriterState

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

SERVER = TrackingStore("http://ann:sesame5@host", "http://ann:***@host")
CHAMPION = ChampionChosen(stream.START + 50, 0, 3, "/gone/checkpoints/trial-0000", {"m": 0.1}, {})


@pytest.fixture
def client(store: Store) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(store.uri)


def tracker(store: Store, state: WriterState) -> Tracker:
    artifacts = store.root / "mlartifacts"
    return Tracker(StudyRun(store.runs(), state, "sine", artifacts))


def write(to: Tracker, events: list[Event], start: int = 1) -> None:
    for sequence, event in enumerate(events, start):
        if to.add(sequence, event):
            to.flush()
    to.flush()


def restored(command: str) -> None:
    """Run a remedy as it is printed, in a shell of another folder."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(command, shell=True, check=True, cwd="/", env={**os.environ, "PATH": path})


def test_an_experiment_is_found_by_its_id_and_a_wrong_one_is_told(
    store: Store, client: Any
) -> None:
    shared = client.create_experiment("ours/waves")
    for name, known, reason in (
        ("", "99", "no experiment with the id '99'"),
        ("theirs", shared, f"experiment {shared} by the name 'ours/waves', not 'theirs'"),
    ):
        with pytest.raises(BlockedError, match=reason):
            store.runs().experiment(name, None, known)
    assert store.runs().experiment("ours/waves", None, shared) == shared
    assert store.runs().experiment("ours/waves", None) == shared
    made = store.runs().experiment("ours/tides", store.root / "files")
    place = client.get_experiment(made).artifact_location
    assert place == (store.root / "files" / "ours-tides").as_uri()


def test_an_experiment_that_was_deleted_before_blocks_and_says_how_to_go_on(
    store: Store, client: Any
) -> None:
    experiment = client.create_experiment("sine")
    client.delete_experiment(experiment)
    state = WriterState()
    writing = tracker(store, state)
    with pytest.raises(BlockedError, match="'sine' \\(id 1\\) was deleted") as refused:
        write(writing, [stream.started()])
    assert state.experiment_id == ""  # purged, it does not stand in a new one's way
    (command,) = refused.value.commands
    said = shlex.split(command)
    assert said == [
        *(f"MLFLOW_TRACKING_URI={store.uri}", "mlflow", "experiments", "restore"),
        *("--experiment-id", experiment),
    ]
    client.restore_experiment(experiment)
    writing.flush()  # what was gathered is still there
    assert store.rows.runs() == {("study", ""): 1}


def test_an_experiment_that_is_deleted_meanwhile_loses_nothing(store: Store, client: Any) -> None:
    state = WriterState()
    writing = tracker(store, state)
    write(writing, [stream.started(), *stream.trial(0)])
    client.delete_experiment(state.experiment_id)
    with pytest.raises(BlockedError, match="was deleted"):
        write(writing, [*stream.trial(1), *stream.trial(2)], 6)
    assert state.refused == 0
    client.restore_experiment(state.experiment_id)
    writing.flush()
    writing.add(10, stream.ended())
    writing.flush()
    assert store.rows.curve_rows() == 3 * stream.EPOCHS * 2
    assert sum(store.rows.runs().values()) == 4
    assert store.rows.running() == 0


def test_a_trial_whose_run_was_deleted_does_not_stop_the_rest(store: Store, client: Any) -> None:
    state = WriterState()
    writing = tracker(store, state)
    write(writing, [stream.started(), stream.begin(0)])
    client.delete_run(state.runs[0].run_id)
    write(writing, [*list(stream.trial(0))[1:], *stream.trial(1), stream.ended()], 3)
    assert state.refused == 2, "its rows, and that it waits"
    assert state.problem.startswith("MLflow refused trial 0: ")
    curves = store.rows.query("select count(*) from metrics where key = 'val_mse'")
    assert curves == [(stream.EPOCHS,)]


def test_a_study_whose_run_was_deleted_says_how_to_bring_it_back(store: Store, client: Any) -> None:
    state = WriterState()
    writing = tracker(store, state)
    write(writing, [stream.started(), stream.ended()])
    client.delete_run(state.run_id)
    again = tracker(store, state)
    with pytest.raises(BlockedError, match="was deleted") as refused:
        write(again, [stream.started(resumed=True)], 3)
    assert refused.value.commands[0].endswith(f"mlflow runs restore --run-id {state.run_id}")
    client.restore_run(state.run_id)
    again.flush()
    assert store.rows.runs() == {("study", ""): 1}


def test_an_earlier_winner_is_not_taken_for_one_that_was_refused(
    store: Store, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv(VARIABLE, store.uri)  # so that it is put back in the end
    mlflow.set_tracking_uri(store.uri)  # models are logged where this says
    state = WriterState(champion_uri="models:/sine/1", champion=ChampionMark(1.0, 0, 3))
    writing = tracker(store, state)
    write(writing, [stream.started(), CHAMPION, stream.ended()])
    assert state.champion == ChampionMark(1.0, 0, 3)
    assert state.unregistered["time"] == CHAMPION.time
    assert "unreadable" in state.unregistered["reason"]
    assert state.refused == 1
    # The next run chooses nothing new, and so this one's refusal is tried again.
    write(tracker(store, state), [stream.started(resumed=True), stream.ended()], 4)
    assert state.refused == 1
    assert state.unregistered["time"] == CHAMPION.time
    mlflow.set_tracking_uri(None)


class Answer:
    """An HTTP response, of which only the status matters."""

    def __init__(self, status: int) -> None:
        self.status_code = status


class AnsweredError(OSError):
    def __init__(self, status: int) -> None:
        super().__init__(f"{status} of http://ann:sesame5@host")
        self.response = Answer(status)


def errors() -> dict[str, tuple[Exception, str | None]]:
    """Each trouble, and a word of its remedy; None where it may pass by itself."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos import databricks_pb2 as codes
    from sqlalchemy.exc import ArgumentError, OperationalError

    def mlflow(text: str, code: int = codes.INTERNAL_ERROR) -> MlflowException:
        return MlflowException(text, error_code=code)

    refused = OperationalError("", {}, Exception('password authentication failed for user "ann"'))
    missing = ModuleNotFoundError("No module named 'psycopg2'", name="psycopg2")
    return {
        "no login": (mlflow("401", codes.UNAUTHENTICATED), "MLFLOW_TRACKING_TOKEN"),
        "no permission": (mlflow("403", codes.PERMISSION_DENIED), "permission to edit"),
        "artifacts refused": (AnsweredError(403), "permission to edit"),
        "artifacts unauthorised": (AnsweredError(401), "MLFLOW_TRACKING_TOKEN"),
        "not MLflow": (mlflow("404 not found", codes.ENDPOINT_NOT_FOUND), "the address"),
        "database login": (refused, "MLFLOW_TRACKING_PASSWORD"),
        "no driver": (missing, "install it"),
        "no dialect": (ArgumentError("Can't load plugin: sqlalchemy.dialects:x"), "psycopg2://"),
        "old database": (mlflow("Detected out-of-date database schema (found"), "backup"),
        "artifacts of the server": (PermissionError(13, "denied", "/mlflow"), "--serve-artifacts"),
        "no database": (mlflow("(sqlite3.DatabaseError) file is not a database"), "a new one"),
        "down": (mlflow("Max retries exceeded"), None),
        "slow": (mlflow("429", codes.REQUEST_LIMIT_EXCEEDED), None),
        "broken": (mlflow("500"), None),
        "proxy": (mlflow("503", codes.TEMPORARILY_UNAVAILABLE), None),
        "artifacts broken": (AnsweredError(502), None),
        "full disk": (OSError(28, "No space left on device"), None),
        "no route": (ConnectionError("no route to host"), None),
        "locked": (mlflow("(sqlite3.OperationalError) database is locked"), None),
    }


@pytest.mark.parametrize("name", errors())
def test_what_passes_is_told_from_what_does_not(name: str, tmp_path: Path) -> None:
    error, remedy = errors()[name]
    blocked = blocked_by(error, SERVER)
    assert (blocked is None) == (remedy is None)
    assert blocked is None or str(remedy) in blocked.remedy
    patience = Patience(tmp_path, WriterState(), SERVER)
    patience.failed(as_store_error(error, SERVER))
    assert patience.blocked == (remedy is not None)
    assert (patience.pause == BLOCKED_PAUSE_SECONDS) == (remedy is not None)
    kept = WriterState.load(tmp_path)
    assert kept.problem
    assert bool(kept.remedy) == (remedy is not None)
    assert "sesame5" not in (tmp_path / "state.json").read_text(encoding="utf-8")


def test_the_reason_is_told_without_the_layers_that_pass_it_on() -> None:
    refused = (
        "API request to http://h/api failed with exception HTTPConnectionPool(host='h', port=9): "
        "Max retries exceeded (Caused by NewConnectionError(\"HTTPConnection(host='h', port=9): "
        'Failed to establish a new connection: [Errno 111] Connection refused"))'
    )
    assert cause(ValueError(refused)) == "Connection refused"
    assert cause(ValueError("(Read timed out. (read timeout=20))")) == "it took too long"
    many = "Max retries exceeded (Caused by ResponseError('too many 503 error responses'))"
    assert cause(ValueError(many)) == "it answers with the status 503"
    assert len(cause(ValueError("x" * 999))) < 250


def test_what_is_no_database_is_said_at_once(tmp_path: Path) -> None:
    from rnnsearch.records.mlflow.database import prepare

    (tmp_path / "text.db").write_text("this is no database, though it is long enough" * 99)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        prepare(f"sqlite:///{tmp_path}/text.db")


def test_a_heading_brings_its_text() -> None:
    assert first_line(ValueError("it failed:\n#### File a ####\nNo such file")) == (
        "it failed: File a"
    )
    assert first_line(ValueError()) == "ValueError"


@pytest.mark.slow
def test_the_remedies_of_deletions_work_as_they_are_printed(store: Store, client: Any) -> None:
    state = WriterState()
    writing = tracker(store, state)
    write(writing, [stream.started(), stream.ended()])
    for delete, key in ((client.delete_experiment, "experiment_id"), (client.delete_run, "run_id")):
        delete(getattr(state, key))
        with pytest.raises(BlockedError) as refused:
            write(tracker(store, state), [stream.started(resumed=True)], 3)
        restored(refused.value.commands[0])
        write(tracker(store, state), [stream.started(resumed=True), stream.ended()], 3)
        assert store.rows.runs() == {("study", ""): 1}
