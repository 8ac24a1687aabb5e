"""The second stage of a study of several goals, which also makes its front whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rnnsearch.search.finalists import FinalistsStage
from rnnsearch.search.goals.front import front_of
from rnnsearch.search.goals.kept import most_of
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.trial import trial_config
from rnnsearch.training.report import Divergence
from rnnsearch.training.weights import Weights


@dataclass(eq=False)
class FrontFinalists(FinalistsStage):
    """Also trains the members of the front once more whose weights are not on disk.

    Their driver or pack died while the weights were on their way. Such a training starts from the
    trial's own seed and ends where the trial ended, so that it has the same best epoch; it is no
    finalist's, so its value is not noted. The methods that have no docstring are those of `Stage`.
    """

    def __post_init__(self, records: Sequence[TrialRecord], reruns: bool) -> None:
        self._lost: dict[str, Job] = {}
        super().__post_init__(records, reruns)
        if not reruns:
            return
        finalists = {one.number for one in records}
        ranks = front_of(self.ledger.trials(), self.spec)
        front = {number: self.ledger.trial(number) for number, rank in ranks.items() if rank == 1}
        for number in most_of(self.spec, front):
            if number not in finalists and not self.shelf.has(number, None):
                job = self._again(front[number])
                self._lost[job.trial_id] = job
                self._queue.append(job)
        self._open |= self._lost.keys()

    @property
    def lost(self) -> int:
        """How many models of the front are to be trained again."""
        return len(self._lost)

    def diverged(self, job: Job, divergence: Divergence) -> None:
        if job.trial_id in self._lost:
            self._settled(job)
        else:
            super().diverged(job, divergence)

    def keep(self, job: Job, weights: Weights | None) -> None:
        if job.trial_id not in self._lost:
            super().keep(job, weights)
            return
        if weights is not None and math.isfinite(weights.metrics[self._metric]):
            self.shelf.put(job, job.with_history(weights, self._metric))
        self._settled(job)

    def _again(self, record: TrialRecord) -> Job:
        return Job(
            trial_id=f"front:{record.number}",
            trial=record,
            config=trial_config(self.spec, record.params, record.seed),
            limit=record.epoch,
            own_loss=self.ledger.notes.tie_break,
        )
