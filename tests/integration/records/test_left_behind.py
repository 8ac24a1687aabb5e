"""What a driver leaves behind: a writer that cannot reach its server, lines that are damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import record_stream as stream
from record_store import Store

from rnnsearch.records.outbox import Outbox, segments
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import choose_store
from rnnsearch.records.writer import Mover
from rnnsearch.records.writer_state import WriterState

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]

DRIVER = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
import record_stream as stream
from record_store import Store
recorder = Store(Path(sys.argv[1])).recorder("http://127.0.0.1:9")
recorder.start()
recorder.on_event(stream.started())
for event in stream.trial(0):
    recorder.on_event(event)
print(recorder.writer_pid, flush=True)
os._exit(9)
"""


def test_a_writer_left_behind_gives_way_to_the_next(store: Store) -> None:
    """Alone it would try for ten minutes more, and the next run's records would wait for it."""
    driver = subprocess.run(
        [sys.executable, "-c", DRIVER, str(store.root), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert driver.returncode == 9, driver.stderr
    orphan = int(driver.stdout)
    assert Path(f"/proc/{orphan}").exists()

    recorder = store.recorder()
    recorder.on_event(stream.started(resumed=True))
    for event in stream.trial(1):
        recorder.on_event(event)
    recorder.on_event(stream.ended())
    state = recorder.close(stream.WAIT_SECONDS)

    assert (state.pending, state.problem) == (0, None)
    assert store.rows.curve_rows() == 2 * stream.EPOCHS * 2
    stream.wait_until(lambda: not os.path.exists(f"/proc/{orphan}"), stream.WAIT_SECONDS)


def moved(store: Store, client: Any) -> WriterState:
    """Moves the outbox as the writer process does, in this one."""
    state = WriterState.load(store.outbox)
    tracker = Tracker(
        client,
        state,
        study_id="study",
        store=choose_store(store.root, None, environment={}),
        experiment="sine",
        artifacts=store.root / "mlartifacts",
        folder=store.outbox.parent,
    )
    mover = Mover(store.outbox, tracker)
    while mover.gather() or mover.waiting:
        mover.flush()
    return state


@pytest.mark.parametrize("hit", [0, 2, -1])
def test_a_damaged_line_costs_itself_and_is_said(store: Store, hit: int) -> None:
    """The study's start, some epochs, and the last line, of which no other tells."""
    from mlflow import MlflowClient

    client = MlflowClient(store.uri)
    box = Outbox(store.outbox)
    for event in (stream.started(), *stream.trial(0), *stream.trial(1)):
        box.on_event(event)
    box.close()
    ((_, path),) = segments(store.outbox)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[hit] = lines[hit].replace(b"event", b"even\xff")
    path.write_bytes(b"".join(lines))
    (store.outbox.parent / "study.yaml").write_text(
        "task: {type: sine}\nsearch: {metric: val_mse, goal: minimize, num_trials: 2}\n"
    )

    state = moved(store, client)

    assert (state.done, state.damaged) == (box.sequence, 1)
    assert "1 record is damaged or missing" in state.problem
    assert path.with_suffix(".damaged").read_bytes() == b"".join(lines)
    assert segments(store.outbox) == []
    lost = 3 * 2 if hit == 2 else 0
    assert store.rows.curve_rows() == 2 * stream.EPOCHS * 2 - lost
    parent = client.get_run(state.run_id)
    assert parent.data.tags["metric"] == "val_mse"
    assert store.rows.runs()[("trial", "1")] == 1
