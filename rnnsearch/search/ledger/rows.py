"""All trials of a ledger, by number, and what is entered for several of them at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from optuna.trial import TrialState as OptunaState

from rnnsearch.errors import LedgerError
from rnnsearch.search.ledger.open_study import OpenStudy
from rnnsearch.search.ledger.row import LedgerRow, rows_of
from rnnsearch.space.spec import StudySpec


class Rows:
    """The rows of a ledger, whose lock the caller holds.

    Attributes:
        by_number: All of them; new ones are appended here.
        worst: The worst value of the study's metric so far; None before the first.
    """

    def __init__(self, opened: OpenStudy, spec: StudySpec) -> None:
        self._study, self._goal = opened.study, spec.search.goal
        self.by_number = rows_of(opened, spec)
        values = [value for one in self.by_number for value in one.record.values_by_epoch.values()]
        self.worst: float | None = max(values, key=self._goal.cost, default=None)

    def __len__(self) -> int:
        return len(self.by_number)

    def any(self, number: int) -> LedgerRow:
        """A trial; raises LedgerError where there is none of that number."""
        if not 0 <= number < len(self.by_number):
            raise LedgerError(f"The ledger has no trial {number}.")
        return self.by_number[number]

    def running(self, number: int) -> LedgerRow:
        """A trial that is aboard a pack; raises LedgerError where it is not."""
        row = self.any(number)
        if row.record.state != "running":
            raise LedgerError(f"Trial {number} is {row.record.state}, not running.")
        return row

    def report(self, rows: Sequence[tuple[int, int, float]]) -> None:
        """Enter the study's metric after epochs of trials; see `Ledger.report`."""
        for number, epoch, value in rows:
            self.running(number)
            if epoch < 1 or not math.isfinite(value):
                raise LedgerError(f"Trial {number} cannot report {value} at epoch {epoch}.")
        entered: dict[int, dict[int, float]] = {}
        for number, epoch, value in rows:
            values = entered.setdefault(number, {})
            if epoch not in values and epoch not in self.by_number[number].record.values_by_epoch:
                values[epoch] = float(value)
        for number, values in entered.items():
            self.by_number[number].report(values, self._goal)
            worst = [] if self.worst is None else [self.worst]
            self.worst = max([*worst, *values.values()], key=self._goal.cost, default=None)

    def let_wait(self) -> None:
        """Let all trials wait that are RUNNING in Optuna: aboard a pack, or sampled ahead."""
        for frozen in self._study.get_trials(deepcopy=False, states=(OptunaState.RUNNING,)):
            self.by_number[frozen.number].let_wait()
