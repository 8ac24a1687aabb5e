"""Writes changes of trials into the Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optuna.trial import TrialState as OptunaState

from rnnsearch.events import EndState
from rnnsearch.search.ledger.asking import LedgerRow
from rnnsearch.search.ledger.open_study import OpenStudy

_OPTUNA_STATES: Mapping[EndState, OptunaState] = {
    "complete": OptunaState.COMPLETE,
    "pruned": OptunaState.PRUNED,
    "diverged": OptunaState.PRUNED,
    "failed": OptunaState.FAIL,
}


class StudyWriter:
    """Knows how each change of a trial is written in Optuna; the caller holds the ledger's lock."""

    def __init__(self, opened: OpenStudy) -> None:
        self._study = opened.study
        self._storage = opened.store.storage

    def attributes(self, row: LedgerRow, values: Mapping[str, Any]) -> None:
        """Set user attributes; Optuna refuses them once the trial's end has been told."""
        for key, value in values.items():
            self._storage.set_trial_user_attr(row.trial_id, key, value)

    def report(self, row: LedgerRow, epoch: int, value: float) -> None:
        """Enter the study's metric after an epoch."""
        self._storage.set_trial_intermediate_value(row.trial_id, epoch, value)

    def let_wait(self, row: LedgerRow) -> None:
        """Set a RUNNING trial to WAITING, which keeps its params and curve."""
        self._storage.set_trial_state_values(row.trial_id, OptunaState.WAITING)

    def end(self, row: LedgerRow, state: EndState, worst: float | None) -> None:
        """Tell Optuna that a trial ended as the row's record says.

        A `complete` trial is told with its best value, which is that of the weights that are kept,
        a `pruned` one with its last report. TPE ranks pruned trials by their deepest epoch first,
        so a bad value at a late epoch would stand above a good one at an early epoch. A `diverged`
        trial therefore gets a violated constraint as well as a last report with the worst value:
        TPE ranks nothing below infeasible trials (optuna 5.0, samplers/_tpe/sampler.py,
        `_split_trials`).

        Args:
            worst: The worst value that the study has seen; None where it has seen none.
        """
        self.attributes(row, row.record.end_attributes(state))
        if state == "diverged":
            self._mark_diverged(row, worst)
        value = row.record.best_value if state == "complete" else None
        self._study.tell(row.record.number, value, state=_OPTUNA_STATES[state])

    def _mark_diverged(self, row: LedgerRow, worst: float | None) -> None:
        self.attributes(row, {"diverged": True})
        if worst is not None:
            # `penalty_epoch` is noted before the value is, so that whoever reads the study never
            # takes the value for a report.
            epoch = row.record.epoch + 1
            self.attributes(row, {"penalty_epoch": epoch})
            self.report(row, epoch, worst)
        # A driver that was killed between this line and `tell` has set the constraint already.
        if row.trial is not None and "diverged" not in row.trial.constraints:
            row.trial.set_constraint("diverged", 1.0)
