"""The second stage of a study: the best trials are trained again with more seeds.

These trainings, the reruns, go to the last epoch and are no trials: the ledger keeps their results
as a note, which `resume` reads. A finalist whose weights are not on disk, since its pack died
before they came, is trained once more with its own seed, which gives the same curve and the same
weights.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import InitVar, dataclass, replace
from functools import partial
from pathlib import Path

from rnnsearch.events import FinalistScored, Listener
from rnnsearch.search.bounded import violation_of
from rnnsearch.search.endings import Endings
from rnnsearch.search.finalist import Finalist, finalist_seeds, rerun_key
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import Departure, PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.seed_noise import out_of_the_race
from rnnsearch.search.shelf import Shelf
from rnnsearch.search.stuck import Stuck
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.training.report import Divergence
from rnnsearch.training.weights import Weights


@dataclass(eq=False)
class FinalistsStage:
    """Hands out the reruns and collects their values and weights.

    The methods that have no docstring are those of `Stage`.

    Args:
        records: The best trials, best first.
        reruns: False trains nothing again: the finalists are judged by what the search gave.

    Attributes:
        finalists: The best trials, with what their seeds gave so far.
    """

    spec: StudySpec
    ledger: Ledger
    listener: Listener
    shelf: Shelf
    records: InitVar[Sequence[TrialRecord]]
    reruns: InitVar[bool]

    def __post_init__(self, records: Sequence[TrialRecord], reruns: bool) -> None:
        spec, shelf, notes = self.spec, self.shelf, self.ledger.notes
        self._metric = spec.search.metric
        self._goal = spec.search.goal
        self._worst = self._goal.worst
        self._stuck: dict[str, Stuck] = {}
        self._refused: dict[str, str] = {}
        self._announced: set[int] = set()
        self._queue: deque[Job] = deque()
        self._later: dict[int, deque[Job]] = {}
        self._open: set[str] = set()
        self.closed = False
        self.goes_on = False
        self.finalists = [Finalist(r.number, finalist_seeds(spec, r)) for r in records]
        for record, finalist in zip(records, self.finalists, strict=True):
            for seed in finalist.seeds:
                rerun_seed, key = finalist.rerun_seed(seed), rerun_key(record.number, seed)
                value, loss = record.best_value, record.best_loss
                if rerun_seed is not None:
                    value, loss = notes.finalists.get(key), notes.finalist_losses.get(key)
                saved = shelf.has(record.number, rerun_seed)
                if value is not None and (saved or not math.isfinite(value)):
                    finalist.values[seed], finalist.losses[seed] = float(value), loss
                    own = record.violation if rerun_seed is None else 0.0
                    finalist.violations[seed] = notes.finalist_violations.get(key, own)
                elif reruns:
                    self._later.setdefault(record.number, deque()).append(self._job(record, seed))
            if finalist.complete and record.number in notes.announced_finalists:
                self._announced.add(record.number)
        self._release()

    @property
    def lost(self) -> int:
        """How many of the trainings make no finalist, but weights that were lost."""
        return 0

    def queued(self) -> int:
        return 0 if self.closed else len(self._queue)

    def board(self) -> Job | None:
        return self._queue.popleft() if self._queue and not self.closed else None

    def started(self, job: Job, pack: PackBook) -> None:
        """Nothing: the listener hears of reruns when a finalist is scored."""

    def judge(self, jobs: Mapping[str, Job], report: PackReport) -> list[Departure]:
        for epoch in report.reports:
            if epoch.trial_id in jobs:
                jobs[epoch.trial_id].take(epoch, self._metric)
        return [
            Departure(trial_id, keep_weights=True)
            for trial_id, epoch in report.roster.items()
            if trial_id in jobs and epoch >= jobs[trial_id].limit
        ]

    def saves(self, jobs: Mapping[str, Job]) -> Sequence[str]:
        return ()

    def diverged(self, job: Job, divergence: Divergence) -> None:
        self._score(job, self._worst)

    def keep(self, job: Job, weights: Weights | None) -> None:
        value = self._worst if weights is None else float(weights.metrics[self._metric])
        if weights is None or not math.isfinite(value):
            self._score(job, self._worst)
            return
        self.shelf.put(job, job.with_history(weights, self._metric))
        best = job.best(self._goal)
        beyond = violation_of(self.spec, job.trial, weights.metrics)
        self._score(job, value, best.loss if best else None, beyond)

    def time_is_up(self, endings: Endings, aboard: Callable[[], Sequence[Job]]) -> bool:
        return endings.over()

    def close(self, job: Job, snapshot: str | None, reason: str) -> Departure:
        self.refuse(job, reason)
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
        self.hand_back(job, crashed=crashed, snapshot=None)

    def refuse(self, job: Job, reason: str) -> None:
        self._refused[job.trial_id] = reason
        self._settled(job)

    def trained(self, finalist: Finalist) -> tuple[dict[int, Path], list[str]]:
        """The checkpoint folders of a finalist's trainings by seed, and why others have none."""
        paths: dict[int, Path] = {}
        missing = []
        for seed in finalist.seeds:
            rerun_seed = finalist.rerun_seed(seed)
            if self.shelf.has(finalist.number, rerun_seed):
                paths[seed] = self.shelf.path(finalist.number, rerun_seed)
            elif seed not in finalist.values:
                why = self._refused.get(rerun_key(finalist.number, seed))
                missing.append(f"seed {seed}: not trained to its end" + (f", {why}" if why else ""))
            elif math.isfinite(finalist.values[seed]):
                missing.append(f"seed {seed}: its weights are not on disk")
            else:
                missing.append(f"seed {seed}: diverged")
        return paths, missing

    def settle(self) -> None:
        """Tell the listener of the finalists of which only some seeds could be trained."""
        self._queue.clear()
        for finalist in self.finalists:
            if finalist.number not in self._announced and len(finalist.scored()) > 1:
                self._tell(finalist)

    def _release(self) -> None:
        """Put trainings into the queue: all, or in a race the next one of each that can win."""
        out: set[int] = set()
        if self.spec.search.finalists.race:
            cost = self._goal.cost
            values = {each.number: each.scored() for each in self.finalists}
            out = out_of_the_race({one: [*map(cost, each)] for one, each in values.items()})
        for number, jobs in self._later.items():
            while jobs and number not in out:
                self._queue.append(jobs.popleft())
                if self.spec.search.finalists.race:
                    break
        self._open = {job.trial_id for job in self._queue}

    def _settled(self, job: Job) -> None:
        """Go on with a race once all trainings that were released have ended."""
        self._open.discard(job.trial_id)
        if not self._open:
            self._release()

    def _job(self, record: TrialRecord, seed: int) -> Job:
        config = replace(trial_config(self.spec, record.params, record.seed), seed=seed)
        return Job(
            trial_id=rerun_key(record.number, seed),
            trial=record,
            config=config,
            limit=config.training.max_epochs,
            own_loss=self.ledger.notes.tie_break,
        )

    def _score(
        self, job: Job, value: float, loss: float | None = None, violation: float = 0.0
    ) -> None:
        """Keep the value of a training, in the ledger too, so that `resume` does not repeat it.

        The listener is told once all seeds of a finalist are done, where there are several.

        Args:
            value: The study's metric at the best epoch; infinite where the training diverged.
            loss: The task's own loss there, where it is known.
            violation: How far it is beyond the constraints that it breaks there.
        """
        finalist = next(each for each in self.finalists if each.number == job.number)
        seed = job.config.seed
        finalist.values[seed], finalist.losses[seed] = value, loss
        finalist.violations[seed] = violation
        several = len(finalist.seeds) > 1
        if several and finalist.complete and finalist.number not in self._announced:
            self._tell(finalist)
        key = rerun_key(job.number, seed)
        self.ledger.note(
            lambda notes: replace(
                notes,
                finalist_violations=(
                    {**notes.finalist_violations, key: violation}
                    if violation
                    else notes.finalist_violations
                ),
                finalist_losses={**notes.finalist_losses, key: loss},
                finalists={**notes.finalists, key: value},
            )
        )
        self._settled(job)

    def _tell(self, finalist: Finalist) -> None:
        self._announced.add(finalist.number)
        self.listener.on_event(
            FinalistScored(time.time(), finalist.number, finalist.done(), finalist.scored())
        )
        # Noted afterwards: a driver that is killed in between tells it again after a resume.
        self.ledger.after_flush(partial(self._note_announced, finalist.number))

    def _note_announced(self, number: int) -> None:
        self.ledger.note(
            lambda notes: replace(
                notes, announced_finalists=tuple(sorted({*notes.announced_finalists, number}))
            )
        )
