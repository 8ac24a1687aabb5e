"""The ledger: one Optuna study is the only truth about trials, written by the driver alone."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from optuna.trial import TrialState as OptunaState

from rnnsearch.errors import LedgerError
from rnnsearch.events import EndState, TrialState
from rnnsearch.goal import standing
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.asking import Asking
from rnnsearch.search.ledger.notes import Notes, changed, notes_of
from rnnsearch.search.ledger.open_study import OpenStudy, create_study, open_study
from rnnsearch.search.ledger.row import LedgerRow, read_row
from rnnsearch.search.ledger.store import store_of
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.ledger.writer import StudyWriter
from rnnsearch.space.spec import StudySpec


class Ledger:
    """Trials, their curves and their ends; `create` or `open` makes one.

    What is written becomes durable at `flush`. Every method may be called from any thread. A
    change that a trial's state forbids raises `LedgerError` and changes nothing.

    Attributes:
        num_trials: How many trials the study shall have; `extend` raises it.
        remarks: What a person should know of the sampler.
    """

    def __init__(self, opened: OpenStudy, spec: StudySpec) -> None:
        self._study, self._store, self.remarks = opened.study, opened.store, opened.remarks
        self._writer = StudyWriter(opened)
        self._lock = threading.RLock()
        self._after_flush: list[Callable[[], None]] = []
        self._goal = spec.search.goal
        self.num_trials = int(self._study.user_attrs.get("num_trials", spec.search.num_trials))
        self._notes = notes_of(opened.study.user_attrs)
        self._rows = _read_rows(opened, spec)
        self._requeue_running()
        seen = [value for row in self._rows for value in row.values_by_epoch.values()]
        self._worst: float | None = max(seen, key=self._loss, default=None)
        self._asking = Asking(opened, spec, self._rows, self._lock, lambda: self.num_trials)

    @classmethod
    def create(cls, directory: StudyDirectory, spec: StudySpec) -> Ledger:
        """A new ledger.

        Raises:
            StudyExistsError: There is a study of that name.
            StorageError: The store cannot be opened.
        """
        return cls(create_study(store_of(directory), directory, spec), spec)

    @classmethod
    def open(cls, directory: StudyDirectory, spec: StudySpec) -> Ledger:
        """A ledger that is there; whatever was running when its driver ended waits again.

        Raises:
            StudyNotFoundError: The store holds other studies than this one.
            StudyExistsError: The study has another search space.
            StorageError: The store cannot be opened.
            DamagedLedgerError: It holds something else than what was written.
        """
        store = store_of(directory)
        opened = open_study(store, directory, spec)
        with store.damage_said():
            return cls(opened, spec)

    def extend(self, count: int) -> int:
        """Raises the target by `count` trials and returns it."""
        with self._lock:
            self.num_trials += count
            self._study.set_user_attr("num_trials", self.num_trials)
            return self.num_trials

    def ask(self) -> TrialRecord | None:
        """The next trial to go aboard, now `running`: put back first, then the asked-ahead ones.

        None when `num_trials` is reached, or asking is closed.
        """
        row = self._asking.take()
        if row is None:
            return None
        with self._lock:
            row.state = "running"
            row.attempts += 1
            self._writer.attributes(row, {"attempts": row.attempts})
            return row.record()

    def prepare(self, count: int) -> None:
        """Keeps `count` trials ready from now on; a background thread asks the sampler."""
        self._asking.prepare(count)

    def close_asking(self) -> None:
        """No trial is handed out from now on; `queued` is 0. What waits, waits for a resume."""
        self._asking.close()

    def report(self, rows: Sequence[tuple[int, int, float]]) -> None:
        """Enters (number, epoch, value); an epoch that the ledger has is passed over.

        Raises:
            LedgerError: A trial is not running, or a value is not finite (that is `diverged`);
                then none of the rows is entered.
        """
        with self._lock:
            for number, epoch, value in rows:
                self._running(number)
                if epoch < 1 or not math.isfinite(value):
                    raise LedgerError(f"Trial {number} cannot report {value} at epoch {epoch}.")
            for number, epoch, value in rows:
                row = self._rows[number]
                if epoch not in row.values_by_epoch:
                    value = float(value)
                    self._writer.report(row, epoch, value)
                    row.add(epoch, value)
                    if self._worst is None or self._loss(value) > self._loss(self._worst):
                        self._worst = value

    def finish(
        self,
        number: int,
        state: EndState,
        *,
        reason: str,
        epoch: int | None = None,
        best_value: float | None = None,
        best_epoch: int | None = None,
        seconds: float | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Ends a trial; what is None is taken from its reports. `StudyWriter.end` tells Optuna.

        Raises:
            LedgerError: The trial is not running, or is complete without a finite value.
        """
        with self._lock:
            row = self._running(number)
            if best_value is not None and math.isfinite(best_value):
                row.best_value, row.best_epoch = best_value, best_epoch
            if state == "complete" and row.best_value is None:
                raise LedgerError(f"Trial {number} cannot be complete without a finite value.")
            row.epoch = row.epoch if epoch is None else max(row.epoch, epoch)
            row.reason, row.seconds = reason, seconds
            row.attributes = dict(attributes or {})
            self._writer.end(row, state, self._worst)
            row.state, row.ended, row.trial = state, time.time(), None

    def put_back(self, number: int, *, snapshot: str | None, crashed: bool) -> bool:
        """Lets a running trial wait again, with its params, curve and last snapshot.

        After the third crash aboard it runs alone; a crash then ends it as failed.

        Returns:
            Whether it waits; else it has failed.
        """
        with self._lock:
            row = self._running(number)
            if crashed and row.record().alone:
                reason = f"It was aboard {row.crashes + 1} crashes, the last time alone."
                self.finish(number, "failed", reason=reason)
                return False
            row.crashes += crashed
            row.snapshot = snapshot
            self._writer.attributes(row, {"crashes": row.crashes, "snapshot": snapshot})
            self._let_wait(row)
            self._asking.put_back(number)
            return True

    def note_snapshots(self, snapshots: Mapping[int, str]) -> None:
        """Remembers where running trials' snapshots lie, for whoever reopens the ledger."""
        with self._lock:
            for number, snapshot in snapshots.items():
                row = self._running(number)
                if row.snapshot != snapshot:
                    row.snapshot = snapshot
                    self._writer.attributes(row, {"snapshot": snapshot})

    def settle(self, reason: str) -> None:
        """Ends this run of the study: closes asking, and what is running waits for a resume."""
        self.close_asking()
        with self._lock:
            self._requeue_running()
            self.note(lambda notes: replace(notes, settled=reason))
        self.flush()

    def close(self) -> None:
        """Settles what the caller has not; the ledger takes no more after it."""
        if not self._asking.closed:
            self.settle("closed")
        self.flush()

    def flush(self) -> None:
        """Makes everything since the last call durable, with one append.

        Raises:
            StorageError: The disk refused. Nothing is lost; call again.
        """
        with self._lock:
            actions, self._after_flush = self._after_flush, []
        try:
            self._store.flush()
        except BaseException:
            with self._lock:
                self._after_flush = [*actions, *self._after_flush]
            raise
        for action in actions:
            action()

    def after_flush(self, action: Callable[[], None]) -> None:
        """Does something once all that was written before this call is durable."""
        with self._lock:
            self._after_flush.append(action)

    @property
    def sampler_seconds(self) -> tuple[float, float]:
        """The sampler's processor time in this run: asked ahead, and while a pack waited."""
        return self._asking.sampling_ahead.seconds, self._asking.sampling_now.seconds

    def counts(self) -> dict[TrialState, int]:
        """How many trials are in each state; a trial asked ahead is `waiting`."""
        with self._lock:
            return dict(Counter(row.state for row in self._rows))

    def queued(self) -> int:
        """Trials still to be handed out: waiting, and not yet sampled."""
        return self._asking.queued()

    def trials(self) -> list[TrialRecord]:
        """Every trial, by number."""
        with self._lock:
            return [row.record() for row in self._rows]

    def trial(self, number: int) -> TrialRecord:
        """One trial; LedgerError if there is none of that number."""
        with self._lock:
            return self._row(number).record()

    def curves(self) -> dict[int, dict[int, float]]:
        """{number: {epoch: value}}, for `StoppingRule.rebuild`."""
        with self._lock:
            return {
                row.number: dict(row.values_by_epoch) for row in self._rows if row.values_by_epoch
            }

    @property
    def notes(self) -> Notes:
        """What is kept with the study beside its trials: baselines, champion, finalists."""
        with self._lock:
            return self._notes

    def note(self, change: Callable[[Notes], Notes]) -> None:
        """Changes the notes: `change` makes the new ones of those that there are."""
        with self._lock:
            notes = change(self._notes)
            for key, value in changed(self._notes, notes):
                self._study.set_user_attr(key, value)
            self._notes = notes

    def _row(self, number: int) -> LedgerRow:
        if not 0 <= number < len(self._rows):
            raise LedgerError(f"The ledger has no trial {number}.")
        return self._rows[number]

    def _running(self, number: int) -> LedgerRow:
        row = self._row(number)
        if row.state != "running":
            raise LedgerError(f"Trial {number} is {row.state}, not running.")
        return row

    def _let_wait(self, row: LedgerRow) -> None:
        self._writer.let_wait(row)
        row.state, row.trial = "waiting", None

    def _requeue_running(self) -> None:
        """Lets wait what Optuna has as RUNNING: aboard a pack, or asked ahead."""
        for frozen in self._study.get_trials(deepcopy=False, states=(OptunaState.RUNNING,)):
            self._let_wait(self._rows[frozen.number])

    def _loss(self, value: float | None) -> float:
        return standing(self._goal, value).cost


def read_trials(directory: StudyDirectory, spec: StudySpec) -> tuple[list[TrialRecord], Notes]:
    """Every trial and the notes as they stand, leaving the ledger alone: a driver may be at work.

    A trial that is `running` was aboard a pack, or asked ahead, when its driver last wrote.

    Raises:
        StudyNotFoundError: There is no ledger yet.
        StudyExistsError: The study has another search space than `spec`.
        StorageError: The store cannot be opened.
        DamagedLedgerError: It holds something else than what was written.
    """
    store = store_of(directory, read_only=True)
    opened = open_study(store, directory, spec, read_only=True)
    with store.damage_said():
        return [row.record() for row in _read_rows(opened, spec)], notes_of(opened.study.user_attrs)


def _read_rows(opened: OpenStudy, spec: StudySpec) -> list[LedgerRow]:
    return [
        read_row(spec, opened.trial_id(frozen.number), frozen)
        for frozen in opened.study.get_trials(deepcopy=False)
    ]
