"""A storage folder as the tests of the records see it."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.events import Event
from rnnsearch.records.mlflow.store import MlflowStore, connect
from rnnsearch.records.mover import Mover
from rnnsearch.records.outbox import Outbox, study_id
from rnnsearch.records.recorder import Recorder
from rnnsearch.records.study_run import StudyRun
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import choose_store, default_artifacts, default_tracking_uri
from rnnsearch.records.writer_state import WriterState

WAIT_SECONDS = 300.0
"""What takes longer hangs; a writer's first record takes seconds on two quiet cores."""


class Rows:
    """The store's tables, read past MLflow."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def query(self, sql: str) -> list[tuple[object, ...]]:
        connection = sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=20)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def runs(self) -> Counter[object]:
        """How many runs there are of each kind and number: a trial, a baseline, the study."""
        return Counter(
            self.query(
                "select t.value, coalesce(n.value, '') from tags t "
                "left join tags n on n.run_uuid = t.run_uuid and n.key = 'rnnsearch.trial' "
                "where t.key = 'rnnsearch.kind'"
            )
        )

    def curve_rows(self) -> int:
        found = self.query("select count(*) from metrics where key in ('train_loss', 'val_mse')")
        return int(str(found[0][0]))

    def running(self) -> int:
        found = self.query("select count(*) from runs where status = 'RUNNING'")
        return int(str(found[0][0]))


@dataclass(frozen=True)
class Store:
    """A storage folder with an empty MLflow database, and one study's records in it."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "mlflow.db"

    @property
    def uri(self) -> str:
        return default_tracking_uri(self.root)

    @property
    def outbox(self) -> Path:
        return self.root / "sine" / "outbox"

    @property
    def log(self) -> Path:
        return self.root / "sine" / "logs" / "records.log"

    @property
    def rows(self) -> Rows:
        return Rows(self.database)

    def runs(self) -> MlflowStore:
        """The store as the writer process has it, in this one."""
        from mlflow import MlflowClient

        return MlflowStore(MlflowClient(self.uri), choose_store(self.root, None), "study")

    def told(self, *events: Event, rule: str = "all") -> WriterState:
        """Events on record, by way of the outbox: what the writer process does, in this one."""
        box = Outbox(self.outbox)
        for event in events:
            box.on_event(event)
        box.close()
        tracking = choose_store(self.root, None, environment={})
        state = WriterState.of_store(self.outbox, tracking)
        store = connect(tracking, study_id(self.outbox))
        artifacts = default_artifacts(self.root)
        run = StudyRun(store, state, "sine", artifacts, self.outbox.parent)
        mover = Mover(self.outbox, Tracker(run, None, rule, self.outbox / "held"))
        while mover.gather() or mover.waiting:
            mover.flush()
        return state

    def recorder(self, uri: str | None = None) -> Recorder:
        store = choose_store(self.root, uri or self.uri)
        return Recorder(self.outbox, store, "sine", default_artifacts(self.root), self.log)


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Poll until it holds; fails after so long."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
