"""What the ledger writes into the Optuna study, one trial at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.trial import TrialState as OptunaState

from rnnsearch.events import EndState
from rnnsearch.search.ledger.open_study import OpenStudy
from rnnsearch.search.ledger.row import LedgerRow

_TOLD: Mapping[EndState, OptunaState] = {
    "complete": OptunaState.COMPLETE,
    "pruned": OptunaState.PRUNED,
    "diverged": OptunaState.PRUNED,
    "failed": OptunaState.FAIL,
}


class StudyWriter:
    """Knows how each change of a trial is spelled in Optuna; the caller holds the ledger's lock."""

    def __init__(self, opened: OpenStudy) -> None:
        self._study = opened.study
        self._storage = opened.store.storage

    def attributes(self, row: LedgerRow, values: Mapping[str, Any]) -> None:
        """Sets user attributes; Optuna refuses them once the trial has been told."""
        for key, value in values.items():
            self._storage.set_trial_user_attr(row.trial_id, key, value)

    def report(self, row: LedgerRow, epoch: int, value: float) -> None:
        self._storage.set_trial_intermediate_value(row.trial_id, epoch, value)

    def let_wait(self, row: LedgerRow) -> None:
        """RUNNING to WAITING, which keeps params and curve."""
        self._storage.set_trial_state_values(row.trial_id, OptunaState.WAITING)

    def end(self, row: LedgerRow, state: EndState, worst: float | None) -> None:
        """Tells Optuna how a trial ended; its end must stand in `row`.

        `complete` carries the best value, which is that of the weights that are kept; `pruned`
        the last report. `diverged` gets `worst`, the worst value that the study has seen, as a
        last report, and a violated constraint, since TPE ranks pruned trials deepest epoch first
        and a bad value at a late epoch would still stand above a good one at an early epoch;
        below the infeasible trials it ranks nothing (optuna 5.0, samplers/_tpe/sampler.py,
        `_split_trials`).
        """
        self.attributes(row, row.end(state))
        if state == "diverged":
            self._mark_diverged(row, worst)
        value = row.best_value if state == "complete" else None
        self._study.tell(row.number, value, state=_TOLD[state])

    def _mark_diverged(self, row: LedgerRow, worst: float | None) -> None:
        self.attributes(row, {"diverged": True})
        if worst is not None:
            # Said before it is written, so that reading the study never takes it for a report.
            self.attributes(row, {"penalty_epoch": row.epoch + 1})
            self.report(row, row.epoch + 1, worst)
        # A driver that was killed between this and `tell` has set the constraint before.
        if row.trial is not None and "diverged" not in row.trial.constraints:
            row.trial.set_constraint("diverged", 1.0)
