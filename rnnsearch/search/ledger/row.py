"""A trial in the ledger, and how each of its changes is written into the Optuna study."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import optuna
from optuna.trial import TrialState as OptunaState

from rnnsearch.events import EndState
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.open_study import OpenStudy
from rnnsearch.search.ledger.trial_record import TrialRecord, read_record
from rnnsearch.search.stuck import Stuck
from rnnsearch.space.spec import StudySpec

_OPTUNA_STATES: Mapping[EndState, OptunaState] = {
    "complete": OptunaState.COMPLETE,
    "pruned": OptunaState.PRUNED,
    "diverged": OptunaState.PRUNED,
    "failed": OptunaState.FAIL,
}


@dataclass(slots=True)
class LedgerRow:
    """A trial's record, and the same trial in the Optuna study; the caller holds the ledger's lock.

    Attributes:
        trial_id: The trial's key in the Optuna storage.
        trial: Optuna's handle, from the time the trial is asked for until its end is told.
    """

    record: TrialRecord
    opened: OpenStudy
    trial_id: int
    trial: optuna.Trial | None = None

    def change(self, **changes: Any) -> None:
        """Replace fields of the record, in memory alone."""
        self.record = replace(self.record, **changes)

    def note(self, **changes: Any) -> None:
        """Replace fields of the record, and keep them as user attributes of Optuna's trial."""
        self._set_attributes(changes)
        self.change(**changes)

    def report(self, values: Mapping[int, float], goal: Goal) -> None:
        """Enter the study's metric after epochs that the trial has no value of yet."""
        for epoch, value in values.items():
            self.opened.storage.set_trial_intermediate_value(self.trial_id, epoch, value)
        self.record = self.record.with_reports(values, goal)

    def outlives_crash(self) -> bool:
        """Note that a pack crashed with the trial aboard; False, and nothing is noted, where it was
        alone and has come no further since the crashes that made it suspect."""
        record = self.record
        stuck = Stuck(record.stuck, record.stuck_epoch).again(record.epoch)
        if record.alone and stuck.suspect:
            return False
        self.note(crashes=record.crashes + 1, stuck=stuck.crashes, stuck_epoch=stuck.epoch)
        return True

    def let_wait(self) -> None:
        """Let a RUNNING trial be WAITING, which keeps its parameters and curve."""
        self.opened.storage.set_trial_state_values(self.trial_id, OptunaState.WAITING)
        self.change(state="waiting")
        self.trial = None

    def end(self, state: EndState, worst: float | None) -> None:
        """End the trial, and tell Optuna what the record says of it.

        A `complete` trial is told with its best value, which is that of the weights that are kept,
        a `pruned` one with its last report. TPE ranks pruned trials by their deepest epoch first,
        so a bad value at a late epoch would stand above a good one at an early epoch. A `diverged`
        trial therefore gets a violated constraint as well as a last report with the worst value:
        TPE ranks nothing below infeasible trials (optuna 5.0, samplers/_tpe/sampler.py,
        `_split_trials`).

        Args:
            worst: The worst value that the study has seen; None where it has seen none.
        """
        # User attributes come first: Optuna refuses them once the end has been told.
        self._set_attributes(self.record.end_attributes(state))
        if state == "diverged":
            self._mark_diverged(worst)
        for constraint, violation in {**self.record.refused, **self.record.violations}.items():
            self._violates(constraint, violation)
        value = self.record.best_value if state == "complete" else None
        self.opened.study.tell(self.record.number, value, state=_OPTUNA_STATES[state])
        self.change(state=state, ended=time.time())
        self.trial = None

    def _mark_diverged(self, worst: float | None) -> None:
        self._set_attributes({"diverged": True})
        if worst is not None:
            # `penalty_epoch` is noted before the value is, so that whoever reads the study never
            # takes the value for a report.
            epoch = self.record.epoch + 1
            self._set_attributes({"penalty_epoch": epoch})
            self.opened.storage.set_trial_intermediate_value(self.trial_id, epoch, worst)
        self._violates("diverged", 1.0)

    def _violates(self, constraint: str, violation: float) -> None:
        # A driver that was killed between this line and `tell` has set the constraint already.
        if self.trial is not None and constraint not in self.trial.constraints:
            self.trial.set_constraint(constraint, violation)

    def _set_attributes(self, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            self.opened.storage.set_trial_user_attr(self.trial_id, key, value)


def rows_of(opened: OpenStudy, spec: StudySpec) -> list[LedgerRow]:
    """All trials of an Optuna study, by number."""
    return [
        LedgerRow(read_record(spec, frozen), opened, opened.trial_id(frozen.number))
        for frozen in opened.study.get_trials(deepcopy=False)
    ]
