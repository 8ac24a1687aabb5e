"""Deliver what a study's records lack in MLflow, without a search."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnsearch.events import Event, StudyEnded, StudyStarted
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import WriterState
from rnnsearch.study.claim import alone
from rnnsearch.study.mirroring import recall
from rnnsearch.study.recording import recorded, recorder_of
from rnnsearch.study.records_place import choose_place, note_place
from rnnsearch.study.untold import open_runs, untold

if TYPE_CHECKING:
    from rnnsearch.search.ledger.ledger import Ledger
    from rnnsearch.study.study import Study


@dataclass(frozen=True, slots=True)
class Flushed:
    """What a flush of a study's records did.

    Fields that `RunFigures` has too mean the same there.

    Attributes:
        delivered: How many records MLflow got.
        registered: The champion's registered model, where this flush registered it.
    """

    delivered: int
    registered: str
    tracking_uri: str
    pending_records: int = 0
    refused_records: int = 0
    records_problem: str | None = None
    records_remedy: str = ""
    records_commands: Sequence[str] = ()


def flush(
    study: Study,
    tracking_uri: str | None = None,
    *,
    say: Callable[[str], None] = lambda text: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Flushed:
    """Write the records of a study that wait, and register its champion if that was missed.

    Args:
        tracking_uri: The address of the MLflow store; None keeps that of the study.
        say: Called with a line that says where the records go.
        progress: Called with the numbers of records written and records to write.

    Raises:
        StudyLockedError: A driver is at work on the study, and writes them itself.
        StorageError: MLflow has no such store, or its password has to be given again.
    """
    from rnnsearch.search.ledger.ledger import Ledger

    directory = study.directory
    with alone(directory, say):
        ledger = Ledger.open(directory, study.spec)
        try:
            place = choose_place(directory, tracking_uri, ledger.notes)
            say(str(place))
            note_place(ledger, directory, place)
            recall(directory, ledger)
            runs = open_runs(directory.outbox) if directory.outbox.is_dir() else {}
            recorder = recorder_of(directory, place)
            before = WriterState.load(directory.outbox)
            same = before.tracking_uri == place.store.name
            for event in _unheard(ledger, study, before if same else WriterState(), runs):
                recorder.on_event(event)
            if not recorder.pending and not before.unregistered:
                return Flushed(0, "", place.store.shown)
            waiting = recorder.pending
            records = recorder.close(recorder.close_seconds, progress)
            run, champion = ledger.notes.run, ledger.notes.champion
            if run is not None:
                run = replace(run, tracking_uri=place.store.name)
                run = recorded(run, records, champion)
                ledger.note(lambda notes: replace(notes, run=run))
        finally:
            ledger.close()
    state = records.state
    return Flushed(
        delivered=waiting - records.pending,
        registered=state.champion_uri if state.champion != before.champion else "",
        tracking_uri=place.store.shown,
        pending_records=records.pending,
        refused_records=state.refused,
        records_problem=records.problem,
        records_remedy=state.remedy,
        records_commands=tuple(state.commands),
    )


def _unheard(
    ledger: Ledger, study: Study, state: WriterState, runs: dict[int, int]
) -> Iterator[Event]:
    """What a killed driver did not hand to the records: ends of trials, the champion, its own end.

    Args:
        state: What the writer noted of the store that the records go to.
        runs: What `open_runs` returned.
    """
    yield from untold(runs, ledger.trials(), study.spec.search.metric, time.time())
    champion = ledger.notes.champion
    if champion is not None and state.champion != champion.mark and not state.unregistered:
        yield champion  # one that is registered or refused already is known to the writer
    if _is_open(study.directory.outbox, state):
        counts = {str(one): count for one, count in ledger.counts().items()}
        yield StudyEnded(time.time(), "interrupted", "the driver died", 0.0, {}, counts)


def _is_open(outbox: Path, state: WriterState) -> bool:
    """Whether the records, with what waits of them, hold a start of the study without an end."""
    running = bool(state.study.get("running"))
    for _, event in SegmentReader(outbox, state.done).read():
        if isinstance(event, StudyStarted | StudyEnded):
            running = isinstance(event, StudyStarted)
    return running
