"""What a killed driver told before or after its ledger knew: rows once, counts of the ledger."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import record_stream as stream
from record_store import Store

from rnnsearch.events import BaselineScored, Event, StudyEnded
from rnnsearch.records.tracker import Tracker
from rnnsearch.records.tracking_uri import choose_store
from rnnsearch.records.writer_state import WriterState

pytestmark = [
    # sqlalchemy 2.1 deprecates a loader option that mlflow 3.17 still uses.
    pytest.mark.filterwarnings("ignore:The ``noload`` loader strategy"),
]


@pytest.fixture
def client(store: Store) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(store.uri)


class Writer:
    """Moves events as the writer process does, in this one."""

    def __init__(self, store: Store, client: Any, state: WriterState) -> None:
        self._tracker = Tracker(
            client,
            state,
            study_id="study",
            store=choose_store(store.root, None, environment={}),
            experiment="sine",
            artifacts=store.root / "mlartifacts",
            folder=None,
        )
        self._state = state
        self._sequence = state.done

    def move(self, *events: Event) -> None:
        for event in events:
            self._sequence += 1
            if self._tracker.add(self._sequence, event):
                self._flush()
        self._flush()

    def _flush(self) -> None:
        self._tracker.flush()
        self._state.done = self._state.claimed = self._sequence


def later(event: Event, seconds: float = 100.0) -> Event:
    return dataclasses.replace(event, time=event.time + seconds)


def saved(state: WriterState, folder: Path) -> WriterState:
    """As the next writer reads it."""
    state.save(folder)
    return WriterState.load(folder)


def doubled(store: Store) -> list[tuple[object, ...]]:
    return store.rows.query(
        "select run_uuid, key, step, count(*) from metrics group by 1, 2, 3 having count(*) > 1"
    )


def test_a_trial_that_is_told_again_has_each_row_once(store: Store, client: Any) -> None:
    """Its end was on record, but the driver was killed before the ledger had it."""
    first = Writer(store, client, state := WriterState())
    first.move(stream.started(), BaselineScored(stream.START, "ar", {"val_mse": 0.3}))
    first.move(*stream.trial(0), stream.begin(1), stream.epochs(1, 1, 6))

    second = Writer(store, client, state := saved(state, store.root))
    second.move(
        stream.started(resumed=True, at=stream.START + 50),
        BaselineScored(stream.START + 51, "ar", {"val_mse": 0.3}),
        stream.begin(0, attempt=2, at=stream.START + 52),
        later(stream.epochs(0, 3, 8)),
        later(stream.finish(0, "complete")),
        stream.begin(1, attempt=2, at=stream.START + 52),
        later(stream.epochs(1, 4, 8)),
        later(stream.finish(1, "complete")),
        StudyEnded(stream.START + 300, "complete", "", 250.0, {}, {"complete": 2}),
    )

    assert doubled(store) == []
    assert store.rows.curve_rows() == 2 * 2 * stream.EPOCHS + 1
    assert store.rows.runs()[("trial", "0")] == 1
    tags = client.get_run(state.run_id).data.tags
    assert tags["trials_complete"] == "2"
    assert tags["trials_waiting"] == "0"
    assert state.counts == {"complete": 2}


def test_a_writer_that_lost_its_state_doubles_no_row(store: Store, client: Any) -> None:
    Writer(store, client, WriterState()).move(stream.started(), *stream.trial(0))

    lost = WriterState(claimed=2**62)
    Writer(store, client, lost).move(
        stream.started(resumed=True, at=stream.START + 50),
        *(later(event) for event in stream.trial(0)),
        StudyEnded(stream.START + 300, "complete", "", 250.0, {}, {"complete": 1, "failed": 4}),
    )

    assert doubled(store) == []
    assert store.rows.curve_rows() == 2 * stream.EPOCHS
    tags = client.get_run(lost.run_id).data.tags
    assert (tags["trials_complete"], tags["trials_failed"]) == ("1", "4"), "those of the ledger"


def test_each_run_of_the_driver_has_its_own_figures(store: Store, client: Any) -> None:
    state = WriterState()
    for hour in range(3):
        writer = Writer(store, client, state := saved(state, store.root))
        at = stream.START + hour * 3600
        writer.move(stream.started(resumed=hour > 0, at=at), stream.ended(at=at + 60))

    assert doubled(store) == []
    assert len(client.get_metric_history(state.run_id, "wall_seconds")) == 3
