"""Finds what a killed driver had flushed into its ledger, but not handed to the records.

Listeners hear of events after the ledger's flush, so after a kill between the two the records know
less of a trial than the ledger does. The ledger has the trial's end and the study's metric; the
other metrics of those epochs are lost.
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
from rnnsearch.records.held_trials import HELD, HeldTrials
from rnnsearch.records.segment_reader import SegmentReader
from rnnsearch.records.writer_state import WriterState
from rnnsearch.search.ledger.trial_record import TrialRecord


def open_runs(folder: Path) -> dict[int, int]:
    """Trials whose final end was not handed to the records, and the last epoch of each that was.

    To be called before a writer process works on the outbox.

    Args:
        folder: The study's outbox.
    """
    state = WriterState.load(folder)
    epochs = {number: run.epoch for number, run in state.runs.items()}
    held = HeldTrials(folder / HELD).open_trials()
    epochs |= {number: epoch for number, epoch in held.items() if number not in state.ended}
    for _, event in SegmentReader(folder, state.done).read():
        if isinstance(event, TrialEnded) and event.state in ENDED:
            epochs.pop(event.number, None)
        elif isinstance(event, EpochsReported):
            epochs[event.number] = max(epochs.get(event.number, 0), *event.epochs)
        elif isinstance(event, TrialStarted):
            epochs.setdefault(event.number, 0)
    return epochs


def untold(
    runs: Mapping[int, int], trials: Sequence[TrialRecord], metric: str, now: float
) -> Iterator[Event]:
    """The events that the records lack, made from the ledger.

    Args:
        runs: What `open_runs` returned.
        trials: All trials of the ledger.
        metric: The study's metric.
        now: Unix time for events of trials that have not ended.
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
