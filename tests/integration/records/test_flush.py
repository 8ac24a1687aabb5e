"""`rnnsearch flush` delivers what a killed driver and its writer left behind, without a search."""

from __future__ import annotations

import pytest
from record_store import Store
from typer.testing import CliRunner
from unit.records import record_stream as stream

from rnnsearch.cli import app
from rnnsearch.disk import replace_file
from rnnsearch.errors import StudyLockedError
from rnnsearch.records.outbox import Outbox
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.lock import StudyLock
from rnnsearch.space.load import loads
from rnnsearch.study import Study
from rnnsearch.study.flushing import flush

SPACE = "task: {type: sine}\nsearch: {metric: val_mse}\n"
pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]


def left_behind(store: Store) -> StudyDirectory:
    """A study with a ledger and an outbox whose driver was killed after six trials."""
    directory = StudyDirectory(store.root, "sine")
    directory.create()
    spec = loads(SPACE, name="sine", directory=store.root)
    replace_file(directory.yaml, spec.yaml)
    Ledger.create(directory, spec).close()
    box = Outbox(directory.outbox)
    for event in (stream.started(), *(one for n in range(6) for one in stream.trial(n))):
        box.on_event(event)
    box.close()
    return directory


def test_what_a_killed_driver_left_is_delivered_once_and_closed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    directory = left_behind(store)
    study = Study.open("sine", storage=store.root)
    with StudyLock(directory), pytest.raises(StudyLockedError):
        flush(study)
    said = CliRunner().invoke(app.app, ["flush", "sine", "--storage", str(store.root)])
    assert said.exit_code == 0, said.output
    assert f"{1 + 4 * 6 + 1} records written" in said.output  # and the end of the driver
    assert store.rows.runs() == {("study", ""): 1, **{("trial", str(n)): 1 for n in range(6)}}
    assert store.rows.curve_rows() == 6 * 2 * stream.EPOCHS
    assert store.rows.running() == 0
    again = flush(study)
    assert (again.delivered, again.pending_records) == (0, 0)
    assert store.rows.curve_rows() == 6 * 2 * stream.EPOCHS
