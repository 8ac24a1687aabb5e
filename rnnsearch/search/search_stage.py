"""The first stage of a study: trials from the ledger, judged as their reports come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rnnsearch.search.endings import Endings
from rnnsearch.search.job import Job
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.search.waiting_room import WaitingRoom
from rnnsearch.training.report import Divergence
from rnnsearch.training.weights import Weights


class SearchStage:
    """Hands out the ledger's trials, a new one wherever a slot is free.

    Reports that arrive together are all recorded before the first of them is decided. The methods
    are those of `Stage`.

    Args:
        trials: Records the reports of the trials, and ends them; its rule knows no trial yet.
    """

    def __init__(self, trials: TrialJudge) -> None:
        self._trials = trials
        trials.rule.rebuild(trials.ledger.curves())
        self._waiting: dict[int, Job] = {}
        self._room = WaitingRoom(trials.spec, trials.ledger, trials.rule)
        self.closed = False
        self.goes_on = True

    def queued(self) -> int:
        return 0 if self.closed else self._trials.ledger.queued() + len(self._room.ashore)

    def time_is_up(self, endings: Endings, aboard: Callable[[], Sequence[Job]]) -> bool:
        trials = self._trials

        def has_finalist() -> bool:
            """Whether a trial that counts has ended, or is aboard."""
            return bool(trials.shelf.best()) or any(job.epoch >= trials.grace for job in aboard())

        return endings.gives_way(has_finalist)

    def board(self) -> Job | None:
        while not self.closed:
            if (again := self._room.come_aboard()) is not None:
                return again
            trial = self._trials.ledger.ask()
            if trial is None:
                return None
            if (job := self._trials.job(trial, self._waiting.get(trial.number))) is not None:
                job.limit = self._room.limit(trial)
                return job
        return None

    def started(self, job: Job, pack: PackBook) -> None:
        self._waiting.pop(job.number, None)
        self._trials.started(job, pack)

    def judge(self, jobs: Mapping[str, Job], report: PackReport) -> list[Departure]:
        self._trials.record(jobs, report.reports)
        self._room.advance(jobs, report.saved)
        for ashore, reason in self._room.replaced():
            self._trials.stop(ashore, reason)
        departures = self._room.go_ashore(jobs, self._trials.ledger.queued())
        for trial_id, epoch in report.roster.items():
            if (job := jobs.get(trial_id)) is None:
                continue
            job.epoch = max(job.epoch, epoch)  # a restored trial may stand at its limit already
            if job.epoch >= job.limit and not self._room.waits(job):
                stop = self._room.stop(job)
                departure = self._trials.stop(job, stop) if stop else self._trials.decide(job)
                if departure is not None:
                    departures.append(departure)
        leaving = [departure.trial_id for departure in departures]
        self._trials.note_snapshots(jobs, report, leaving)
        return departures

    def saves(self, jobs: Mapping[str, Job]) -> Sequence[str]:
        return self._room.saves(jobs, self._trials.ledger.queued())

    def diverged(self, job: Job, divergence: Divergence) -> None:
        self._trials.diverged(job, divergence)

    def keep(self, job: Job, weights: Weights | None) -> None:
        self._trials.keep(job, weights)

    def close(self, job: Job, snapshot: str | None, reason: str) -> Departure:
        if (departure := self._trials.interrupt(job, reason)) is not None:
            return departure
        self.hand_back(job, crashed=False, snapshot=snapshot)
        return Departure(job.trial_id)

    def hand_back(self, job: Job, *, crashed: bool, snapshot: str | None) -> None:
        if self._trials.put_back(job, crashed=crashed, snapshot=snapshot):
            self._waiting[job.number] = job

    def lose_weights(self, job: Job, *, crashed: bool) -> None:
        """Nothing: if the trial becomes a finalist, it is trained once more to the same weights."""

    def refuse(self, job: Job, reason: str) -> None:
        self._trials.refuse(job, reason)

    def settle(self) -> None:
        """Tell the listener which trials of this run still wait."""
        for ashore, snapshot in self._room.close():
            self.hand_back(ashore, crashed=False, snapshot=snapshot)
        for job in self._waiting.values():
            self._trials.tell_waiting(job)
        self._waiting.clear()
