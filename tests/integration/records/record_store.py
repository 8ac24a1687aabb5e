"""A storage folder as the tests of the records see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from record_stream import Rows

from rnnsearch.records.recorder import Recorder
from rnnsearch.records.tracking_uri import choose_store, default_artifacts, default_tracking_uri


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

    def recorder(self, uri: str | None = None) -> Recorder:
        store = choose_store(self.root, uri or self.uri)
        return Recorder(self.outbox, store, "sine", default_artifacts(self.root), self.log)
