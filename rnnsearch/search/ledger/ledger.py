"""The ledger: one Optuna study is the only truth about trials, written by the driver alone."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rnnsearch.errors import LedgerError
from rnnsearch.events import EndState, TrialState
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.asking import Asking
from rnnsearch.search.ledger.copying import Copy, copied
from rnnsearch.search.ledger.flushing import Flushing
from rnnsearch.search.ledger.noted import Noted
from rnnsearch.search.ledger.notes import Notes
from rnnsearch.search.ledger.open_study import OpenStudy, create_study, num_trials, open_study
from rnnsearch.search.ledger.refusing import Judged
from rnnsearch.search.ledger.rows import Rows
from rnnsearch.search.ledger.store import store_of
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.ledger.warm_start import Warm, cold
from rnnsearch.search.ran_on import RanOn, Stays, with_stay
from rnnsearch.space.spec import StudySpec


class Ledger:
    """The trials of a study, with their curves and ends, and the study's notes.

    `create` or `open` makes a ledger. What is written becomes durable at `flush`. Every method may
    be called from any thread. A change that a trial's state forbids raises LedgerError and changes
    nothing.

    Attributes:
        num_trials: How many trials the study shall have; `extend` raises it, and each copy of a
            trial.
        store: Where it lies.
        remarks: What a person should know of the study's sampler.
        flushing: Makes changes durable.
    """

    def __init__(self, opened: OpenStudy, spec: StudySpec) -> None:
        self._study, self.store, self.remarks = opened.study, opened.store, opened.remarks
        self._spec, self._repeatable = spec, spec.search.deterministic
        self._lock = threading.RLock()
        self.flushing = Flushing(opened.store, self._lock)
        self.num_trials = num_trials(self._study.user_attrs, spec)
        self._noted = Noted(opened.study, self._lock)
        self._rows = Rows(opened, spec)
        self._rows.let_wait()
        self._asking = Asking(
            opened, spec, self._rows.by_number, self._lock, lambda: self.num_trials
        )

    @classmethod
    def create(cls, directory: StudyDirectory, spec: StudySpec, warm: Warm = cold) -> Ledger:
        """Make the ledger of a new study.

        Raises:
            StudyExistsError: The store has a study of that name already.
            StorageError: The store cannot be opened.
        """
        return cls(create_study(store_of(directory), directory, spec, warm()), spec)

    @classmethod
    def open(cls, directory: StudyDirectory, spec: StudySpec, warm: Warm = cold) -> Ledger:
        """Open the ledger of a study; trials that were running when its driver ended wait again.

        Raises:
            StudyNotFoundError: The store holds other studies, and not this one.
            StudyExistsError: The study has another search space than `spec`.
            StorageError: The store cannot be opened.
            DamagedLedgerError: The store holds something else than what was written.
        """
        store = store_of(directory)
        opened = open_study(store, directory, spec, warm=warm)
        with store.damage_explained():
            return cls(opened, spec)

    def extend(self, count: int) -> int:
        """Raise the number of trials that the study shall have by `count`; returns the new one."""
        with self._lock:
            if count and self._repeatable:
                before = self.num_trials
                self.note(lambda notes: replace(notes, extended=(*notes.extended, before)))
            self.num_trials += count
            self._study.set_user_attr("num_trials", self.num_trials)
            if count:
                self.note(lambda notes: replace(notes, extended_at=len(self._rows)))
            return self.num_trials

    def ask(self) -> TrialRecord | None:
        """The next trial to go aboard a pack, now `running`; those that were put back come first.

        Returns:
            None where the study has `num_trials` trials, or asking is closed.
        """
        row = self._asking.take()
        if row is None:
            return None
        with self._lock:
            row.change(state="running")
            row.note(attempts=row.record.attempts + 1)
            return row.record

    def refuse(self, judged: Judged) -> None:
        """Train no proposal that breaks a constraint of the study, from now on."""
        self._asking.refusing.judged = judged

    def prepare(self, count: int) -> None:
        """Keep `count` trials sampled ahead of need from now on, in a thread of the ledger's."""
        self._asking.prepare(count)

    def close_asking(self) -> None:
        """Hand out no trial from now on; `queued` is 0. Trials that wait do so for a resume."""
        self._asking.close()

    def report(self, rows: Sequence[tuple[int, int, float]]) -> None:
        """Enter the study's metric after epochs of trials.

        Args:
            rows: Trial number, epoch and value of each. An epoch that the ledger has already is
                passed over.

        Raises:
            LedgerError: A trial is not running, or a value is not finite (such a trial has to be
                finished as `diverged`); then none of the rows is entered.
        """
        with self._lock:
            self._rows.report(rows)

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
        """End a trial, and tell Optuna; see `LedgerRow.end`.

        Args:
            reason: Why it ended, in words.
            epoch: Finished epochs; None takes the last reported one.
            best_value: The best value of the study's metric, and `best_epoch` its epoch; without a
                finite value both are taken from the reports.
            seconds: Seconds of training, where they are known.
            attributes: What else is to be noted of the end.

        Raises:
            LedgerError: The trial is not running, or is complete without a finite value.
        """
        with self._lock:
            row = self._rows.running(number)
            if best_value is None or not math.isfinite(best_value):
                best_value, best_epoch = row.record.best_value, row.record.best_epoch
            if state == "complete" and best_value is None:
                raise LedgerError(f"Trial {number} cannot be complete without a finite value.")
            row.change(
                reason=reason,
                epoch=max(row.record.epoch, epoch or 0),
                best_value=best_value,
                best_epoch=best_epoch,
                seconds=seconds,
                attributes=dict(attributes or {}),
            )
            row.end(state, self._rows.worst)

    def put_back(self, number: int, *, snapshot: str | None, crashed: bool) -> bool:
        """Let a running trial wait again, with its params, its curve and its last snapshot.

        A trial that has come no further between three crashes gets a pack of its own; if that one
        crashes too before the trial has a new epoch on record, the trial ends as failed.

        Args:
            snapshot: Name of the snapshot file that holds its training state, or None.
            crashed: Whether its pack crashed, and was not only drained.

        Returns:
            Whether the trial waits; otherwise it has failed.
        """
        with self._lock:
            row = self._rows.running(number)
            if crashed and not row.outlives_crash():
                reason = f"It was aboard {row.record.crashes + 1} crashes, the last time alone."
                self.finish(number, "failed", reason=reason)
                return False
            row.note(snapshot=snapshot)
            row.let_wait()
            self._asking.put_back(number)
            return True

    def copy(self, copy: Copy) -> None:
        """Make a trial that waits to go on as a copy of another one; the study has one more."""
        with self._lock:
            row = copied(self._spec, self._rows.any(copy.parent), len(self._rows), copy)
            self.extend(1)
            self._asking.take_in(row)

    def note_measured(self, number: int, measured: Mapping[str, float]) -> None:
        """Remember what the study's constraints bound, at a running trial's best epoch so far."""
        with self._lock:
            self._rows.running(number).note(measured=dict(measured))

    def note_goals(self, number: int, epoch: int, values: Mapping[str, float]) -> None:
        """Remember a running trial's values in the goals beside the metric at an epoch."""
        with self._lock:
            row = self._rows.running(number)
            row.note(goals_by_epoch={**row.record.goals_by_epoch, epoch: dict(values)})

    def note_ran_on(self, number: int, device: str, node: str) -> Stays:
        """Remember what a running trial is trained on from now on; returns all that it ever was."""
        with self._lock:
            row = self._rows.running(number)
            stays = with_stay(row.record.ran_on, RanOn(device, node, row.record.epoch))
            if stays != row.record.ran_on:
                row.note(ran_on=stays)
            return stays

    def note_snapshots(self, snapshots: Mapping[int, str]) -> None:
        """Remember the names of running trials' snapshot files, for whoever reopens the ledger."""
        with self._lock:
            for number, snapshot in snapshots.items():
                row = self._rows.running(number)
                if row.record.snapshot != snapshot:
                    row.note(snapshot=snapshot)

    def settle(self, reason: str) -> None:
        """End this run of the study: asking is closed, and running trials wait for a resume.

        Args:
            reason: Why the run ended, in words, for the study's notes.
        """
        self.close_asking()
        with self._lock:
            self._rows.let_wait()
            self.note(lambda notes: replace(notes, settled=reason))
        self.flush()

    def close(self) -> None:
        """Settle the ledger unless the caller has; it takes no more changes afterwards."""
        if not self._asking.closed:
            self.settle("closed")
        self.flush()

    def flush(self) -> None:
        """Make all changes since the last call durable with one append, then do what waits for it.

        Raises:
            StorageError: The disk refused. Nothing is lost; call again.
        """
        self.flushing.flush()

    def after_flush(self, action: Callable[[], None]) -> None:
        """Call `action` once all that was written before this call is durable."""
        self.flushing.after(action)

    @property
    def closed(self) -> bool:
        """Whether asking is closed, so that `ask` hands out no trial any more."""
        return self._asking.closed

    @property
    def sampler_seconds(self) -> tuple[float, float]:
        """The sampler's processor time in this run: ahead of need, and while a pack waited."""
        return self._asking.sampling_ahead.seconds, self._asking.sampling_now.seconds

    def counts(self) -> dict[TrialState, int]:
        """How many trials are in each state; a trial sampled ahead of need is `waiting`."""
        return dict(Counter(record.state for record in self.trials()))

    def queued(self) -> int:
        """How many trials are still to be handed out, whether sampled already or not."""
        return self._asking.queued()

    def trials(self) -> list[TrialRecord]:
        """Every trial, by number; proposals that are not trained are none."""
        with self._lock:
            return [row.record for row in self._rows.by_number if not row.record.refused]

    def refused(self) -> dict[str, int]:
        """How many proposals were not trained, by the constraint that they broke."""
        with self._lock:
            return dict(self._asking.refusing.by_constraint.most_common())

    def trial(self, number: int) -> TrialRecord:
        """One trial; raises LedgerError where there is none of that number."""
        with self._lock:
            return self._rows.any(number).record

    def curves(self) -> dict[int, dict[int, float]]:
        """The study's metric by trial number and epoch, for `StoppingRule.rebuild`."""
        reported = (one for one in self.trials() if one.values_by_epoch)
        return {one.number: dict(one.values_by_epoch) for one in reported}

    @property
    def notes(self) -> Notes:
        """What is kept with the study beside its trials, such as baselines and the champion."""
        with self._lock:
            return self._noted.notes

    def note(self, change: Callable[[Notes], Notes]) -> None:
        """Change the notes: `change` makes the new notes of the present ones."""
        self._noted.change(change)
