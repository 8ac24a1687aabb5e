"""What a killed driver had flushed into its ledger and did not come to hand to the records.

Events follow the ledger's flush, so a kill between the two leaves a trial that the records know
less of than the ledger does. The ledger has its end and the study's metric; what else was
measured in those epochs is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rnnsearch.events import (
    ENDED,
    EpochsReported,
    Event,
    TrialEnded,
    TrialStarted,
)
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.ledger.trial_record import TrialRecord


def open_runs(folder: Path) -> dict[int, int]:
    """Trials whose final end was not handed to the records, with the last epoch that was.

    Call it before a writer is at work on the outbox.
    """
    state = WriterState.load(folder)
    found = {number: run.epoch for number, run in state.runs.items()}
    for _, event in SegmentReader(folder, state.done).read():
        if isinstance(event, TrialEnded) and event.state in ENDED:
            found.pop(event.number, None)
        elif isinstance(event, EpochsReported):
            found[event.number] = max(found.get(event.number, 0), *event.epochs)
        elif isinstance(event, TrialStarted):
            found.setdefault(event.number, 0)
    return found


def untold(
    runs: Mapping[int, int], trials: Sequence[TrialRecord], metric: str, now: float
) -> Iterator[Event]:
    """The events that are missing, from what the ledger knows.

    Args:
        runs: What `open_runs` found.
        metric: Whose values the curves hold.
        now: Unix time of what has none of its own.
    """
    for trial in trials:
        if trial.number not in runs:
            continue
        when = now if trial.ended is None else trial.ended
        curve = trial.values_by_epoch
        epochs = sorted(epoch for epoch in curve if epoch > runs[trial.number])
        if epochs:
            rows = [{metric: curve[epoch]} for epoch in epochs]
            yield EpochsReported(when, trial.number, epochs, rows, 0)
        if trial.state in ENDED:
            yield trial.ended_event(when)
