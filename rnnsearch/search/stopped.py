"""A last stage: a sample of the stopped trials is trained to the end, to see what stopping cost.

These trainings are no trials and change nothing of the search or its champion. Each starts from the
trial's own seed, so that it repeats the curve that is on record and goes on where it ended. The
ledger keeps each result as a note, which `resume` reads.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from functools import partial

from rnnsearch.events import Listener, StoppedFinished
from rnnsearch.search.endings import Endings
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.finished import Ending, Finished
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.stuck import Stuck
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.training.report import Divergence
from rnnsearch.training.weights import Weights


@dataclass(eq=False)
class StoppedStage:
    """Hands out the trainings of a sample, and notes how they end.

    The methods are those of `Stage`.

    Args:
        records: The sample; those that the notes know already are not trained again.
    """

    spec: StudySpec
    ledger: Ledger
    listener: Listener
    records: InitVar[Sequence[TrialRecord]]

    def __post_init__(self, records: Sequence[TrialRecord]) -> None:
        self._metric, self._goal = self.spec.search.metric, self.spec.search.goal
        self._stuck: dict[str, Stuck] = {}
        self.closed = False
        self.goes_on = False
        notes = self.ledger.notes
        done = notes.finished_stopped
        self._queue = deque(self._job(one) for one in records if one.number not in done)
        for number in done.keys() - set(notes.announced_finished):
            self._tell(self.ledger.trial(number), done[number])  # a driver was killed before it did

    def queued(self) -> int:
        return 0 if self.closed else len(self._queue)

    def board(self) -> Job | None:
        return self._queue.popleft() if self._queue and not self.closed else None

    def started(self, job: Job, pack: PackBook) -> None:
        """Nothing: the listener hears of a training that has come to its end."""

    def judge(self, jobs: Mapping[str, Job], report: PackReport) -> list[Departure]:
        for epoch in report.reports:
            if epoch.trial_id in jobs:
                jobs[epoch.trial_id].take(epoch, self._metric)
        ended = [
            job
            for trial_id, epoch in report.roster.items()
            if (job := jobs.get(trial_id)) is not None and epoch >= job.limit
        ]
        for job in ended:
            self._note(job, "complete")
        return [Departure(job.trial_id) for job in ended]

    def saves(self, jobs: Mapping[str, Job]) -> Sequence[str]:
        return ()

    def diverged(self, job: Job, divergence: Divergence) -> None:
        self._note(job, "diverged")

    def keep(self, job: Job, weights: Weights | None) -> None:
        """Nothing: no weights are asked for."""

    def time_is_up(self, endings: Endings, aboard: Callable[[], Sequence[Job]]) -> bool:
        return endings.over()

    def close(self, job: Job, snapshot: str | None, reason: str) -> Departure:
        """Let it go; a later run trains it again from its seed."""
        return Departure(job.trial_id)

    def hand_back(self, job: Job, *, crashed: bool, snapshot: str | None) -> None:
        if crashed:
            known = max(job.epoch, job.known_epoch)
            stuck = self._stuck.get(job.trial_id, Stuck()).again(known)
            self._stuck[job.trial_id] = stuck
            if stuck.suspect:
                self.refuse(job, f"it was aboard {stuck.crashes} crashes, and came no further")
                return
        job.start_over(snapshot)
        self._queue.appendleft(job)

    def lose_weights(self, job: Job, *, crashed: bool) -> None:
        """Nothing: no weights are asked for."""

    def refuse(self, job: Job, reason: str) -> None:
        self._note(job, "failed")

    def settle(self) -> None:
        self._queue.clear()

    def _job(self, record: TrialRecord) -> Job:
        config = trial_config(self.spec, record.params, record.seed)
        return Job(
            trial_id=f"stopped:{record.number}",
            trial=record,
            config=config,
            limit=config.training.max_epochs,
            own_loss=self.ledger.notes.tie_break,
        )

    def _note(self, job: Job, state: Ending) -> None:
        """Note a training's end in the ledger, and tell the listener once that is durable."""
        best = job.best(self._goal) if state == "complete" else None
        if state == "complete" and best is None:
            state = "diverged"  # no epoch had a finite value
        finished = Finished(
            state=state,
            value=best.value if best else None,
            epoch=best.epoch if best else None,
            seconds=job.seconds,
        )
        self.ledger.note(
            lambda notes: replace(
                notes, finished_stopped={**notes.finished_stopped, job.number: finished}
            )
        )
        self._tell(job.trial, finished)

    def _tell(self, record: TrialRecord, finished: Finished) -> None:
        self.listener.on_event(
            StoppedFinished(
                time=time.time(),
                number=record.number,
                state=finished.state,
                value=finished.value,
                epoch=finished.epoch,
                stopped_at=record.epoch,
            )
        )
        # Noted afterwards: a driver that is killed in between tells it again after a resume.
        self.ledger.after_flush(partial(self._note_announced, record.number))

    def _note_announced(self, number: int) -> None:
        self.ledger.note(
            lambda notes: replace(
                notes, announced_finished=tuple(sorted({*notes.announced_finished, number}))
            )
        )
