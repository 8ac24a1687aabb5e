"""Events end in a real MLflow store: all of them, once, whatever dies in between."""

from __future__ import annotations

import os
import signal
import socket
import socketserver
import sqlite3
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from record_store import WAIT_SECONDS, Store, wait_until
from unit.records import record_stream as stream

from rnnsearch.events import BaselineScored, EpochsReported, StudyStarted
from rnnsearch.records.outbox import segments
from rnnsearch.records.writer_state import WriterState

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

EVERYTHING = Counter(
    {
        ("study", ""): 1,
        ("baseline", ""): 1,
        **{("trial", str(number)): 1 for number in range(30)},
    }
)
CURVE_ROWS = 30 * stream.EPOCHS * 2 + 1  # the baseline has one val_mse


@pytest.fixture
def client(store: Store) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(store.uri)


def children(client: Any, experiment: str) -> dict[str, Any]:
    runs = client.search_runs([experiment], "tags.`rnnsearch.kind` = 'trial'", max_results=100)
    return {run.info.run_name: run for run in runs}


def test_a_study_is_a_parent_run_with_its_trials(store: Store, client: Any) -> None:
    recorder = store.recorder()
    for event in stream.study():
        recorder.on_event(event)
        # MLflow takes seconds of a core to import, which Ray and the packs need before.
        started = recorder.writer_pid is not None
        assert started or not isinstance(event, EpochsReported)
        assert not started or not isinstance(event, StudyStarted | BaselineScored)
    seen: list[tuple[int, int]] = []
    records = recorder.close(WAIT_SECONDS, lambda done, total: seen.append((done, total)))
    state = records.state

    assert (records.pending, records.problem) == (0, None)
    assert seen[-1][0] == seen[-1][1] > 0
    assert segments(store.outbox) == []
    assert store.rows.runs() == EVERYTHING
    assert store.rows.curve_rows() == CURVE_ROWS
    assert store.rows.running() == 0

    parent = client.get_run(state.run_id)
    assert parent.info.run_name == "sine"
    assert parent.info.status == "FINISHED"
    assert parent.data.params["search.sampler.type"] == "tpe"
    assert parent.data.tags["data_sha256"] == "abc123"
    assert parent.data.tags["trials_diverged"] == "3"
    best = [row.value for row in client.get_metric_history(state.run_id, "best_val_mse")]
    assert best[-1] == 1 / stream.EPOCHS
    assert [item.path for item in client.list_artifacts(state.run_id)] == ["study.yaml"]

    runs = children(client, state.experiment_id)
    run = runs["trial-0003-lstm"]
    assert run.data.tags["mlflow.parentRunId"] == state.run_id
    assert run.data.tags["state"] == "diverged"
    assert run.data.tags["reason"] == "why diverged"
    assert run.data.tags["seed"] == "1003"
    assert run.data.tags["data_sha256"] == "abc123"
    assert run.data.tags["duration_seconds"] == "1.500"
    assert run.data.params["training.learning_rate"] == str(0.1 / 4)
    assert run.info.start_time == int((stream.START + 3) * 1000)
    assert run.info.end_time == int((stream.START + 23) * 1000)
    statuses = Counter(run.info.status for run in runs.values())
    assert statuses == {"FINISHED": 27, "FAILED": 3}
    curve = client.get_metric_history(run.info.run_id, "val_mse")
    assert [(row.step, row.value) for row in curve] == [(e, 4 / e) for e in range(1, 9)]


def test_a_writer_killed_in_the_middle_doubles_and_loses_nothing(store: Store) -> None:
    recorder = store.recorder()
    recorder.start()
    for event in stream.study():
        recorder.on_event(event)
    victim = recorder.writer_pid
    assert victim is not None
    # In the middle of a batch: some runs are made, and the state file confirms none of them.
    wait_until(lambda: len(store.rows.runs()) >= 6, WAIT_SECONDS)
    os.kill(victim, signal.SIGKILL)
    killed_at = WriterState.load(store.outbox)
    assert killed_at.done < killed_at.claimed

    state = recorder.close(WAIT_SECONDS)
    assert recorder.writer_pid != victim
    assert (state.pending, state.problem) == (0, None)
    assert store.rows.runs() == EVERYTHING
    assert store.rows.curve_rows() == CURVE_ROWS
    assert store.rows.running() == 0


def test_a_driver_that_dies_leaves_no_run_running(store: Store) -> None:
    code = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        f"sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[2])]!r}\n"
        "from unit.records import record_stream as stream\n"
        "from record_store import Store\n"
        "recorder = Store(Path(sys.argv[1])).recorder()\n"
        "recorder.start()\n"
        "recorder.on_event(stream.started())\n"
        "for event in stream.trial(0):\n"
        "    recorder.on_event(event)\n"
        "recorder.on_event(stream.begin(1))\n"
        "print(recorder.writer_pid, flush=True)\n"
        "time.sleep(0.5)\n"
        "os._exit(9)\n"
    )
    driver = subprocess.run(
        [sys.executable, "-c", code, str(store.root)], capture_output=True, text=True, check=False
    )
    assert driver.returncode == 9, driver.stderr
    writer = int(driver.stdout)
    wait_until(lambda: _ignores_interrupts(writer), WAIT_SECONDS)
    os.kill(writer, signal.SIGINT)  # Ctrl-C at the terminal must not stop it
    wait_until(lambda: not _alive(writer), WAIT_SECONDS)
    assert sum(store.rows.runs().values()) == 3
    assert store.rows.running() == 0
    assert segments(store.outbox)[0][1].suffix == ".open"

    # The next driver goes on in the same runs.
    recorder = store.recorder()
    recorder.start()
    recorder.on_event(stream.started(resumed=True))
    for event in list(stream.trial(1)):
        recorder.on_event(event)
    recorder.on_event(stream.ended())
    assert recorder.close(WAIT_SECONDS).pending == 0
    assert sum(store.rows.runs().values()) == 3
    assert store.rows.curve_rows() == 2 * stream.EPOCHS * 2


@pytest.mark.slow
def test_a_server_that_is_down_and_comes_up_later(store: Store) -> None:
    behind, port = _free_port(), _free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store.uri]
    command += ["--host", "127.0.0.1", "--port", str(behind), "--workers", "1"]
    command += ["--serve-artifacts", "--artifacts-destination", str(store.root / "served")]
    # It takes seconds to come up, and nobody reaches it before its door stands open.
    with (store.root / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, stdout=log, stderr=log, start_new_session=True, cwd=store.root
        )
    try:
        uri = f"http://127.0.0.1:{port}"
        recorder = store.recorder(uri)
        recorder.start()
        for event in stream.study(6):
            recorder.on_event(event)
        wait_until(lambda: recorder.problem is not None, WAIT_SECONDS)
        assert "does not answer" in (recorder.problem or "")
        early = recorder.close(WAIT_SECONDS, patience_seconds=1.0)
        assert early.pending == 1 + 1 + 6 * 4 + 1
        assert early.problem is not None
        assert early.state.run_id == ""

        wait_until(lambda: _answers(behind), WAIT_SECONDS)
        with door(port, behind):
            again = store.recorder(uri)
            again.start()
            late = again.close(WAIT_SECONDS)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)
    assert (late.pending, late.problem) == (0, None)
    assert sum(store.rows.runs().values()) == 1 + 1 + 6
    assert store.rows.curve_rows() == 6 * stream.EPOCHS * 2 + 1
    assert store.rows.running() == 0


@contextmanager
def door(port: int, behind: int) -> Iterator[None]:
    """What connects to one port talks to another."""

    class Through(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", behind)) as inner:
                back = threading.Thread(target=_pour, args=(inner, self.request), daemon=True)
                back.start()
                _pour(self.request, inner)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", port), Through) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
    except OSError:
        return False
    return True


def test_only_a_database_of_ours_is_switched_to_wal(tmp_path: Path) -> None:
    from rnnsearch.records.mlflow.database import prepare

    ours, theirs = tmp_path / "ours" / "m.db", tmp_path / "theirs.db"
    sqlite3.connect(theirs).close()
    theirs.touch()
    for path in (ours, theirs):
        prepare(f"sqlite:///{path}")
    modes = []
    for path in (ours, theirs):
        connection = sqlite3.connect(path)
        modes.append(connection.execute("PRAGMA journal_mode").fetchone()[0])
        connection.close()
    assert modes == ["wal", "delete"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _ignores_interrupts(process: int) -> bool:
    """Whether a process ignores SIGINT, which the writer does once its imports are done."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (ignored,) = (line.split()[1] for line in status.splitlines() if line.startswith("SigIgn"))
    return bool(int(ignored, 16) & 1 << (signal.SIGINT - 1))
