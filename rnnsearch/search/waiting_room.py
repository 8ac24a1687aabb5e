"""Where trainings wait for each other, aboard their packs or ashore, if the rule asks for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.messages import Departure
from rnnsearch.search.population import Population
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.rule import Exploiting, Stop, StoppingRule


class WaitingRoom:
    """Keeps trainings at a rung until it is decided; with most rules nobody waits.

    A training waits in its slot. Where others wait for a slot it goes ashore, once its pack has
    kept its state, and comes aboard again after the decision.

    Attributes:
        ashore: The trainings that have left their packs, by trial.
    """

    def __init__(self, spec: StudySpec, ledger: Ledger, rule: StoppingRule) -> None:
        self._rule, self._ledger = rule, ledger
        self._population = Population(spec, ledger, rule) if isinstance(rule, Exploiting) else None
        self.ashore: dict[int, Job] = {}

    def advance(self, jobs: Mapping[str, Job], saved: Mapping[str, str]) -> None:
        """Decide what can be decided.

        Args:
            jobs: The trainings aboard the pack that reports.
            saved: The states that it has kept: names of files by training.
        """
        if self._population is not None:
            files = {jobs[one].number: name for one, name in saved.items() if one in jobs}
            self._population.advance(files)

    def limit(self, trial: TrialRecord) -> int:
        """To which epoch a trial trains that goes aboard."""
        if self._population is None:
            return self._rule.next_limit(trial.epoch)
        return self._population.limit(trial)

    def waits(self, job: Job) -> bool:
        """Whether a training stands at its limit and has to wait there."""
        if self._population is None or job.epoch < job.limit or job.limit not in job.curve:
            return False  # one without a finite value there ends at once
        return not self._population.decided(job)

    def stop(self, job: Job) -> Stop | None:
        """Why a training at a decided rung ends: a copy of another goes on in its place."""
        return None if self._population is None else self._population.stop(job)

    def saves(self, jobs: Mapping[str, Job], queued: int) -> list[str]:
        """The trainings aboard a pack whose states it is to keep: for copies, or to go ashore.

        Args:
            queued: How many trials wait for a slot.
        """
        if self._population is None:
            return []
        waiting = {one: job for one, job in jobs.items() if self.waits(job)}
        unsaved = [one for one, job in waiting.items() if self._population.file(job) is None]
        wanted = [one for one, job in waiting.items() if self._population.wanted(job)]
        return list(dict.fromkeys([*wanted, *unsaved[:queued]]))

    def go_ashore(self, jobs: Mapping[str, Job], queued: int) -> list[Departure]:
        """Let trainings leave a pack that wait, as far as others wait for a slot.

        Args:
            jobs: The trainings aboard.
            queued: How many trials wait for a slot.
        """
        departures: list[Departure] = []
        for trial_id, job in jobs.items():
            if len(departures) == queued or self._population is None:
                break
            if self.waits(job) and (file := self._population.file(job)) is not None:
                if file:
                    self._ledger.note_snapshots({job.number: file})
                self.ashore[job.number] = job
                departures.append(Departure(trial_id))
        return departures

    def replaced(self) -> Iterator[tuple[Job, Stop]]:
        """The trainings that end ashore, each with the reason."""
        for job in self._decided():
            if (stop := self.stop(job)) is not None:
                del self.ashore[job.number]
                yield job, stop

    def come_aboard(self) -> Job | None:
        """The next training that goes aboard again; None where none may."""
        for job in self._decided():
            if self.stop(job) is None:
                job.start_over(self._snapshot(job))
                job.limit = self._rule.next_limit(job.limit)
                return self.ashore.pop(job.number)
        return None

    def close(self) -> list[tuple[Job, str | None]]:
        """All trainings that are ashore, with their snapshots; they are not kept any longer."""
        jobs = [(job, self._snapshot(job)) for job in self.ashore.values()]
        self.ashore.clear()
        return jobs

    def _decided(self) -> list[Job]:
        """The trainings ashore whose rung is decided."""
        if self._population is None:
            return []
        return [one for one in self.ashore.values() if self._population.decided(one)]

    def _snapshot(self, job: Job) -> str | None:
        """The file with the state of a training ashore; None where the disk has none."""
        return (self._population.file(job) or None) if self._population is not None else None
