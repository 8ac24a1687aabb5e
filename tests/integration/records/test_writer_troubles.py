"""What a writer does about calls that fail although they worked, and about its own end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import record_stream as stream
from record_store import Store

from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import VARIABLE, choose_store
from rnnsearch.records.writer_state import WriterState

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]


class Deaf:
    """MLflow's client, which makes each run and does not hear that it is made."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._lost: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def create_run(self, *arguments: Any, run_name: str, **more: Any) -> Any:
        run = self._client.create_run(*arguments, run_name=run_name, **more)
        if run_name not in self._lost:
            self._lost.add(run_name)
            raise ConnectionError("the answer was lost")
        return run


def test_a_run_whose_making_was_not_heard_of_is_made_once(store: Store) -> None:
    from mlflow import MlflowClient

    client: Any = Deaf(MlflowClient(store.uri))
    settings: dict[str, Any] = {"experiment": "sine", "artifacts": None, "folder": None}
    tracking = choose_store(store.root, None, environment={})
    tracker = Tracker(client, WriterState(), study_id="one", store=tracking, **settings)
    lost = 0

    def flush() -> None:
        nonlocal lost
        while True:
            try:
                tracker.flush()
            except ConnectionError:
                lost += 1
            else:
                return

    for sequence, event in enumerate(stream.study(2), start=1):
        if tracker.add(sequence, event):
            flush()
    flush()
    assert lost == 4
    assert sorted(store.rows.runs().values()) == [1, 1, 1, 1]  # study, baseline, two trials
    assert store.rows.running() == 0


ENDS_BADLY = """
import sys
from rnnsearch.records import writer

def run(arguments):
    raise OSError("the disk is gone, said hush!hush")

writer.run = run
sys.exit(writer.main())
"""


def test_what_ends_a_writer_is_in_its_log_and_in_its_status(tmp_path: Path) -> None:
    log = tmp_path / "records.log"
    words = {"outbox": tmp_path, "store": "none", "experiment": "e", "artifacts": tmp_path}
    options = [part for name, value in words.items() for part in (f"--{name}", str(value))]
    with log.open("wb") as stream_:
        done = subprocess.run(
            [sys.executable, "-c", ENDS_BADLY, *options],
            stdout=stream_,
            stderr=stream_,
            env={**os.environ, VARIABLE: "http://ann:hush!hush@host"},
            check=False,
        )
    assert done.returncode == 1
    said = log.read_text(encoding="utf-8")
    assert "the writer stops" in said
    assert "OSError: the disk is gone, said ***" in said
    assert "hush" not in said
