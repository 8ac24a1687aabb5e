"""The first stage of a deterministic study: trials are judged in the order of virtual time.

Reports come in whatever order packs send them. Here each is held back until its turn
(`virtual_time.py`), and only then recorded, judged and told; a trial that ends is followed by the
next one at the same moment, so that the sampler knows the same of the same trials whenever it
proposes. A trial trains ahead to its next decision at most.

Nothing of the order is kept: it follows from the ledger. A stage that is made for a ledger with
trials goes through all of them again, from the first, up to where the ledger ends.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from rnnsearch.errors import InputError
from rnnsearch.search.endings import Endings
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.recalled import ENDED, Recalled, recalled
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.search.virtual_time import Released, VirtualTime
from rnnsearch.space.trial import trial_config
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import Divergence, EpochReport, Refusal
from rnnsearch.training.weights import Weights

PATIENCE_SECONDS = 20.0
"""So long nothing is released before trials that stand at their limits make room for others."""


@dataclass(frozen=True, slots=True)
class Crashed:
    """A trial that failed with its pack."""


Happening = EpochReport | Divergence | Refusal | Recalled | Crashed


@dataclass(slots=True, eq=False)
class _Seat:
    """A trial on a virtual worker.

    Attributes:
        job: Its training; None of a trial that has ended in the ledger already.
        limit: At which epoch it is decided next.
        last: Its last epoch of all.
        place: Whether the job waits for a slot, is aboard a pack, or has left it since it can
            train no further.
        begun: Whether a pack of this run has had it.
    """

    job: Job | None
    limit: int
    last: int
    place: Literal["waits", "aboard", "left"] = "waits"
    begun: bool = False


class VirtualStage:
    """Hands out a trial to each virtual worker. The methods are those of `Stage`.

    Args:
        trials: Records the reports of the trials, and ends them; its rule knows no trial.
        workers: How many trials are trained at a time.
        patience: Seconds; see `PATIENCE_SECONDS`. It changes what packs do, and no decision.
    """

    def __init__(
        self, trials: TrialJudge, workers: int, *, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._trials, self._ledger, self._rule = trials, trials.ledger, trials.rule
        self._time = VirtualTime[Happening](workers)
        self._seats: dict[int, _Seat] = {}
        self._ready: deque[Job] = deque()
        self._leaving: dict[str, Departure] = {}
        self._parked: list[Job] = []
        """Jobs that were told to leave a pack, which may take them again after its next report."""
        self._patience = patience
        self._moved = time.monotonic()
        known = self._ledger.trials()
        copied = [one for one in known if one.copied_from]
        self._rule.rebuild({one.number: dict(one.values_by_epoch) for one in copied})
        self._known = deque(one for one in known if not one.copied_from)
        self._claimed = len(copied)
        self._gates: deque[int] = deque()
        """Numbers of trials after which all have to end before the next one begins."""
        self._begun = False
        self.closed = False
        self.goes_on = True

    def queued(self) -> int:
        if not self._begun:
            self._begun = True
            self._gates.extend(sorted(set(self._ledger.notes.extended)))
            self._work()
        return 0 if self.closed or self._ledger.closed else len(self._ready) + len(self._parked)

    def time_is_up(self, endings: Endings, aboard: Callable[[], Sequence[Job]]) -> bool:
        """Never: a study that follows virtual time has no budget of another."""
        return False

    def board(self) -> Job | None:
        if not self.queued() or not self._ready:
            return None
        job = self._ready.popleft()
        job.start_over(job.snapshot)  # it may have been judged since it left another pack
        return job

    def started(self, job: Job, pack: PackBook) -> None:
        seat = self._seats[job.number]
        seat.place, seat.begun = "aboard", True
        self._trials.started(job, pack)

    def judge(self, jobs: Mapping[str, Job], report: PackReport) -> list[Departure]:
        self._ready.extend(self._parked)
        self._parked.clear()
        for epoch in report.reports:
            job = jobs.get(epoch.trial_id)
            if job is None or job.number not in self._seats:
                continue
            if epoch.epoch <= self._time.released(job.number):
                self._trials.record({epoch.trial_id: job}, [epoch])  # repeated, and known
            else:
                self._time.arrive(job.number, epoch.epoch, epoch)
        for trial_id, reached in report.roster.items():
            if (job := jobs.get(trial_id)) is not None:
                job.epoch = max(job.epoch, min(reached, job.known_epoch))
        self._work()
        departures = [self._leaving.pop(trial_id) for trial_id in jobs if trial_id in self._leaving]
        leaving = {departure.trial_id for departure in departures}
        self._trials.note_snapshots(jobs, report, leaving)
        staying = [job for trial_id, job in jobs.items() if trial_id not in leaving]
        return [*departures, *self._make_room(staying, report)]

    def saves(self, jobs: Mapping[str, Job]) -> Sequence[str]:
        return ()

    def diverged(self, job: Job, divergence: Divergence) -> None:
        self._end_later(job, divergence)

    def keep(self, job: Job, weights: Weights | None) -> None:
        self._trials.keep(job, weights)

    def close(self, job: Job, snapshot: str | None, reason: str) -> Departure:
        self.hand_back(job, crashed=False, snapshot=snapshot)
        return Departure(job.trial_id)

    def hand_back(self, job: Job, *, crashed: bool, snapshot: str | None) -> None:
        if self._leaving.pop(job.trial_id, None) is not None:
            return  # it has ended, and its pack is gone before it heard of that
        seat = self._seats[job.number]
        self._time.forget(job.number)
        if not self._trials.put_back(job, crashed=crashed, snapshot=snapshot):
            self._end_later(job, Crashed())
            return
        # Asked for at once: to the sampler it is one of those that run.
        if (trial := self._ledger.ask()) is not None:
            again = self._trials.job(trial, job)
            assert again is not None
            assert trial.number == job.number
            again.known_epoch = self._time.released(job.number)
            again.limit = seat.limit
            seat.job, seat.place = again, "waits"
            self._ready.append(again)

    def lose_weights(self, job: Job, *, crashed: bool) -> None:
        """Nothing: if the trial becomes a finalist, it is trained once more to the same weights."""

    def refuse(self, job: Job, reason: str) -> None:
        self._end_later(job, Refusal(job.trial_id, reason))

    def settle(self) -> None:
        """Tell the listener which trials of this run still wait."""
        for seat in self._seats.values():
            if seat.job is not None and seat.begun:
                self._trials.tell_waiting(seat.job)
        self._seats.clear()

    def _work(self) -> None:
        """Judge all that is due, and give each worker that is free the next trial.

        Once asking is closed nothing is judged any more: what came behind could not be asked for,
        and the next run would find the ledger ahead of it.
        """
        self._claim()
        while not self._ledger.closed and (batch := self._time.due()):
            self._moved = time.monotonic()
            self._record(batch)
            for one in batch:
                self._judge(one)
            self._claim()

    def _record(self, batch: Sequence[Released[Happening]]) -> None:
        """Record what happened at one moment, in the order of the trials."""
        for kind, members in groupby(batch, key=lambda one: type(one.what)):
            if kind is EpochReport:
                reports = [one.what for one in members if isinstance(one.what, EpochReport)]
                jobs = {one: self._job(int(one)) for one in (each.trial_id for each in reports)}
                self._trials.record(jobs, reports)
                continue
            for number, epoch, what in members:
                if isinstance(what, Recalled) and what.value is not None:
                    self._rule.record(number, epoch, what.value)

    def _judge(self, one: Released[Happening]) -> None:
        """Decide on a trial that stands at its limit, or end one that can train no further."""
        number, epoch, what = one
        seat = self._seats[number]
        if isinstance(what, Recalled):
            self._recall(number, epoch, what, seat)
        elif isinstance(what, EpochReport):
            job = self._job(number)
            if job.epoch >= seat.limit:
                self._decide(number, seat, job)
        else:
            job = self._job(number)
            if isinstance(what, Divergence):
                self._trials.diverged(job, what)
            elif isinstance(what, Refusal):
                self._trials.refuse(job, what.reason)
            self._end(number)

    def _recall(self, number: int, epoch: int, what: Recalled, seat: _Seat) -> None:
        """Let the rule decide as it did, and find the decision that the ledger has, if it has."""
        at_limit = epoch >= seat.limit and what.value is not None and epoch < seat.last
        if seat.job is not None and epoch == seat.job.known_epoch and epoch >= seat.limit:
            # Whether this was decided the ledger does not tell, so that it is decided, again.
            job, before = seat.job, (seat.job.epoch, seat.job.best_aboard)
            job.epoch, job.best_aboard = epoch, None  # a pack may be about to repeat its epochs
            self._decide(number, seat, job)
            job.epoch, job.best_aboard = before
            return
        if at_limit:
            self._rule.decide(number)
            seat.limit = self._rule.next_limit(epoch)
        if what.last:
            self._end(number)

    def _decide(self, number: int, seat: _Seat, job: Job) -> None:
        departure = self._trials.decide(job)
        if departure is None:
            seat.limit = job.limit
            return
        if seat.place == "aboard":
            self._leaving[job.trial_id] = departure
        elif job in self._ready:
            self._ready.remove(job)
        elif job in self._parked:
            self._parked.remove(job)
        self._end(number)

    def _end(self, number: int) -> None:
        self._time.end(number)
        del self._seats[number]

    def _end_later(self, job: Job, what: Divergence | Refusal | Crashed) -> None:
        """End a job that left its pack, once its turn has come."""
        if self._leaving.pop(job.trial_id, None) is None and job.number in self._seats:
            self._seats[job.number].place = "left"
            self._time.arrive(job.number, self._time.arrived(job.number) + 1, what)
            self._work()

    def _claim(self) -> None:
        """Give every free worker the next trial: of the ledger, in their order, or a new one."""
        while self._time.free and not self._ledger.closed:
            if self._gates and self._claimed >= self._gates[0]:
                if not self._time.idle:
                    return
                self._gates.popleft()
                continue
            if self._known and self._known[0].state in ENDED:
                self._claimed += 1
                self._seat_ended(self._known.popleft())
                continue
            if self._known:
                self._known.popleft()
            trial = self._ledger.ask()
            if trial is None:
                return
            self._claimed += 1
            if (job := self._trials.job(trial)) is not None:
                self._seat(trial, job.config, job)
                self._ready.append(job)

    def _seat_ended(self, record: TrialRecord) -> None:
        """Seat a trial that has ended, with all that is known of it."""
        try:
            config = trial_config(self._trials.spec, record.params, record.seed)
        except InputError:
            return  # it failed as it was made
        self._seat(record, config, None)

    def _seat(self, record: TrialRecord, config: TrialConfig, job: Job | None) -> None:
        self._time.begin(record.number, config.training.steps_per_epoch or 1)
        limit = self._rule.next_limit(0)
        self._seats[record.number] = _Seat(job, limit, config.training.max_epochs)
        for epoch, what in enumerate(recalled(record), start=1):
            self._time.arrive(record.number, epoch, what)

    def _make_room(self, jobs: Sequence[Job], report: PackReport) -> list[Departure]:
        """Take trials out of a pack in which all stand at their limits, while others lack a slot.

        That is so where a trial must be alone in a pack, or a pack that was counted on never came.
        """
        if not jobs or time.monotonic() - self._moved < self._patience or self._ledger.closed:
            return []
        at_limits = all(report.roster.get(job.trial_id, 0) >= job.limit for job in jobs)
        lacking = any(seat.place == "waits" for seat in self._seats.values())
        if not (at_limits and lacking):
            return []
        self._moved = time.monotonic()
        for job in jobs:
            self._seats[job.number].place = "waits"
            if report.snapshot and job.trial_id in report.snapshot_holds:
                job.snapshot = report.snapshot
            self._parked.append(job)
        return [Departure(job.trial_id) for job in jobs]

    def _job(self, number: int) -> Job:
        job = self._seats[number].job
        assert job is not None
        return job
