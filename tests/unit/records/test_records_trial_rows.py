"""What one trial did, gathered."""

from __future__ import annotations

from rnnsearch.events import EpochsReported, TrialEnded, TrialStarted
from rnnsearch.records.trial_rows import TrialRows


def report(time: float, *epochs: int) -> EpochsReported:
    return EpochsReported(time, 1, epochs, tuple({"loss": 1.0 / e} for e in epochs), 100)


def test_epochs_that_a_snapshot_repeats_count_once() -> None:
    rows = TrialRows(1, 1)
    for event in (report(1.0, 1, 2, 3), report(2.0, 3, 4), report(3.0, 2, 5)):
        rows.add(event)
    assert [(row[3], row[2]) for row in rows.points_after(1)] == [
        (2, 1.0),
        (3, 1.0),
        (4, 2.0),
        (5, 3.0),
    ]


def test_a_new_start_undoes_an_end() -> None:
    rows = TrialRows(1, 1)
    rows.add(TrialEnded(1.0, 1, "waiting", "worker died", 3, None, None, None, 1.0))
    rows.add(TrialStarted(2.0, 1, "trial-0001-rnn", {}, {}, 0, "pack-1", attempt=2))
    assert rows.end is None
    assert rows.start is not None
