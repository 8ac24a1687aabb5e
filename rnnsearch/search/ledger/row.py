"""The ledger's copy of a trial in memory, so that no question reads the whole Optuna study."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import optuna

from rnnsearch.events import EndState, TrialState
from rnnsearch.goal import Goal
from rnnsearch.search.ledger.trial_record import TrialRecord, trial_name
from rnnsearch.space.spec import StudySpec
from rnnsearch.tasks.streams import derive

_AT_END = ("reason", "epoch", "best_value", "best_epoch", "seconds", "attributes")

END_ATTRIBUTES = frozenset(("ended_as", *_AT_END))
"""User attributes of every trial that has ended."""

_STATES: Mapping[optuna.trial.TrialState, TrialState] = {
    optuna.trial.TrialState.RUNNING: "running",
    optuna.trial.TrialState.WAITING: "waiting",
    optuna.trial.TrialState.COMPLETE: "complete",
    optuna.trial.TrialState.PRUNED: "pruned",
    optuna.trial.TrialState.FAIL: "failed",
}


@dataclass(slots=True)
class LedgerRow:
    """One trial; the fields are those of `TrialRecord`, and change as it goes.

    Attributes:
        trial_id: Its key in the Optuna storage.
        trial: Optuna's handle, while the trial is asked for and not told.
        goal: Which way a value is better.
    """

    number: int
    trial_id: int
    seed: int
    goal: Goal
    name: str = ""
    state: TrialState = "waiting"
    params: dict[str, Any] = field(default_factory=dict)
    values_by_epoch: dict[int, float] = field(default_factory=dict)
    epoch: int = 0
    best_value: float | None = None
    best_epoch: int | None = None
    reason: str = ""
    attempts: int = 0
    crashes: int = 0
    snapshot: str | None = None
    seconds: float | None = None
    started: float | None = None
    ended: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    trial: optuna.Trial | None = None

    @property
    def value(self) -> float | None:
        return self.values_by_epoch[max(self.values_by_epoch)] if self.values_by_epoch else None

    def add(self, epoch: int, value: float) -> None:
        """Enters a report."""
        self.values_by_epoch[epoch] = value
        self.epoch = max(self.epoch, epoch)
        if self.best_value is None or self.goal.better(value, self.best_value):
            self.best_value, self.best_epoch = value, epoch

    def end(self, state: EndState) -> dict[str, Any]:
        """What is kept of an end, under `END_ATTRIBUTES`."""
        return {"ended_as": state, **{name: getattr(self, name) for name in _AT_END}}

    def record(self) -> TrialRecord:
        """The trial as it stands now; what grows is copied."""
        return TrialRecord(**{one.name: copy(getattr(self, one.name)) for one in _SHOWN})


_SHOWN = fields(TrialRecord)


def new_row(spec: StudySpec, number: int, trial_id: int) -> LedgerRow:
    """A trial that has just been asked for; its name follows once it has params."""
    seed = derive(spec.search.seed, "trial", number)
    return LedgerRow(number, trial_id, seed, spec.search.goal)


def read_row(spec: StudySpec, trial_id: int, frozen: optuna.trial.FrozenTrial) -> LedgerRow:
    """A trial as the Optuna study has it.

    The value that stands at `penalty_epoch` was put there for samplers; it is not the trial's.
    """
    row = new_row(spec, frozen.number, trial_id)
    noted = frozen.user_attrs
    row.params = dict(frozen.params)
    row.name = trial_name(row.number, row.params, spec.values)
    for epoch in sorted(frozen.intermediate_values):
        if epoch != noted.get("penalty_epoch"):
            row.add(epoch, frozen.intermediate_values[epoch])
    row.state = shown_state(frozen)
    if frozen.state.is_finished():
        row.reason = str(noted.get("reason", ""))
        row.epoch = int(noted.get("epoch", row.epoch))
        row.best_value = noted.get("best_value", row.best_value)
        row.best_epoch = noted.get("best_epoch", row.best_epoch)
        row.seconds = noted.get("seconds")
        row.attributes = dict(noted.get("attributes", {}))
    row.attempts = int(noted.get("attempts", 0))
    row.crashes = int(noted.get("crashes", 0))
    row.snapshot = noted.get("snapshot")
    row.started = unix_time(frozen.datetime_start)
    row.ended = unix_time(frozen.datetime_complete)
    return row


def shown_state(frozen: optuna.trial.FrozenTrial) -> TrialState:
    """A trial's state as people see it; Optuna has a diverged one as pruned."""
    if frozen.state == optuna.trial.TrialState.PRUNED and frozen.user_attrs.get("diverged", False):
        return "diverged"
    return _STATES[frozen.state]


def unix_time(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
