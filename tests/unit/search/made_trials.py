"""Trials that are written down, for what is told of trials."""

from __future__ import annotations

from typing import Any

from rnnsearch.events import TrialState
from rnnsearch.search.ledger.trial_record import TrialRecord


def record(
    number: int, state: TrialState, best: float | None, params: dict[str, Any] | None = None
) -> TrialRecord:
    curve = {} if best is None else {1: best + 1.0, 2: best}
    return TrialRecord(
        number=number,
        name=f"trial-{number:04d}-lstm",
        state=state,
        params={"model.cell": "lstm"} if params is None else params,
        values_by_epoch=curve,
        value=best,
        best_value=best,
        best_epoch=None if best is None else 2,
        epoch=len(curve),
        reason="because",
        seed=number,
        attempts=1,
        crashes=0,
        snapshot=None,
        seconds=0.5,
        started=100.0 + number,
        ended=200.0 - number if state in ("complete", "pruned", "diverged") else None,
    )


TRIALS = [
    record(0, "complete", 0.5),
    record(1, "pruned", 0.1),
    record(2, "complete", 0.3),
    record(3, "failed", None),
    record(4, "diverged", 0.01),
    record(5, "running", None),
    record(6, "pruned", 0.7),
]
