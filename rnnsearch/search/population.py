"""Trials that wait for each other at rungs, where the worst go on as copies of the best.

Who is copied, and with which settings, follows from the ledger and the study's seed alone, so a
driver that was killed at any moment decides the same again. A copy is a trial of its own, with the
seed and the settings of the trial that it is copied from and one change more: trained from its
seed, it comes to the same curve. That its weights need not be trained again is a matter of the
packs, which keep the states of those that are copied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rnnsearch.events import ENDED
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.copying import Copy
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.population import settings_of
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import complete_values
from rnnsearch.stopping.rule import Exploiting, Stop
from rnnsearch.training.changes import CHANGES

Rung = tuple[int, int]
"""The number of a population, and an epoch."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided at a rung.

    Attributes:
        values: The study's metric there of all that came.
        pairs: By the trial that is replaced, the one that is copied.
    """

    values: Mapping[int, float]
    pairs: Mapping[int, int]


class Population:
    """The trials of a study, in populations of as many as the space file asks for.

    Those that `extend` adds are populations of their own.

    Args:
        rule: Decides.
    """

    def __init__(self, spec: StudySpec, ledger: Ledger, rule: Exploiting) -> None:
        self._spec, self._ledger, self._rule = spec, ledger, rule
        self._settings = settings_of(spec, rule)
        self._decided: dict[Rung, Decision] = {}
        self._done: set[Rung] = set()
        """The rungs whose copies the ledger has."""
        self._files: dict[tuple[int, int], str] = {}
        """By trial and epoch, the file with its state then; empty where the disk has none."""
        self._of: dict[int, int] = {}
        """The population of each trial."""
        self._trials: list[list[TrialRecord]] = []
        self.advance({})

    def advance(self, saved: Mapping[int, str]) -> None:
        """Decide at every rung to which the last trial has come, and make the copies.

        Args:
            saved: Names of the files with the states that a pack has kept, by trial.
        """
        self._files |= {(one, self._ledger.trial(one).epoch): name for one, name in saved.items()}
        self._read()
        for population, trials in enumerate(self._trials):
            reached = {epoch for one in trials for epoch in one.values_by_epoch}
            for epoch in self._rule.rungs:
                rung = (population, epoch)
                if epoch in reached and rung not in self._done:
                    decision = self._decide(rung)
                    if decision is not None:
                        self._copy(rung, decision)

    def limit(self, trial: TrialRecord) -> int:
        """To which epoch a trial trains that goes aboard."""
        there, rung = trial.epoch, (self._of.get(trial.number, -1), trial.epoch)
        at_rung = there in self._rule.rungs and trial.parent_epoch != there
        if at_rung and (rung not in self._done or trial.number in self._decided[rung].pairs):
            return there
        return self._rule.next_limit(there)

    def decided(self, job: Job) -> bool:
        """Whether nothing is to be waited for at the limit of a training."""
        return job.limit not in self._rule.rungs or self._rung(job) in self._done

    def stop(self, job: Job) -> Stop | None:
        """Why a training ends at a rung that is decided: a copy takes its place. None if it does
        not."""
        decision = self._decided.get(self._rung(job))
        if decision is None or (parent := decision.pairs.get(job.number)) is None:
            return None
        values, cost = decision.values, self._spec.search.goal.cost
        value, better = values[job.number], values[parent]
        place = 1 + sum(cost(one) < cost(value) for one in values.values())
        return Stop(
            f"replaced at epoch {job.limit}: {value:.4g}, place {place} of {len(values)}; a copy "
            f"of trial {parent} ({better:.4g}) goes on",
            rung=job.limit,
            value=value,
            rank=place,
            trials=len(values),
            parent=parent,
        )

    def wanted(self, job: Job) -> bool:
        """Whether the state of a training at its limit is still wanted for copies."""
        decision = self._decided.get(self._rung(job))
        if decision is None or self.decided(job) or (job.number, job.limit) in self._files:
            return False
        return job.number in decision.pairs.values()

    def file(self, job: Job) -> str | None:
        """The file with the state of a training at its limit; None where its pack has kept none."""
        return self._files.get((job.number, job.limit))

    def _rung(self, job: Job) -> Rung:
        return self._of.get(job.number, -1), job.limit

    def _read(self) -> None:
        """Divide the trials of the ledger into populations."""
        size = self._spec.search.num_trials
        self._trials, originals = [], 0
        for record in self._ledger.trials():
            if record.copied_from:  # it ended in another study
                continue
            if record.parent is None:
                self._of[record.number] = originals // size
                originals += 1
            else:
                self._of[record.number] = self._of[record.parent]
            population = self._of[record.number]
            if population == len(self._trials):
                self._trials.append([])
            self._trials[population].append(record)

    def _size(self, population: int) -> int:
        """How many trials a population begins with."""
        size = self._spec.search.num_trials
        trials = self._ledger.trials()
        others = sum(one.parent is not None or bool(one.copied_from) for one in trials)
        return min(size, self._ledger.num_trials - others - population * size)

    def _decide(self, rung: Rung) -> Decision | None:
        """Decide at a rung; None while somebody has not come there."""
        if rung in self._decided:
            return self._decided[rung]
        population, epoch = rung
        trials = self._trials[population]
        if sum(one.parent is None for one in trials) < self._size(population):
            return None
        before = [one for one in trials if one.parent_epoch < epoch]
        replaced = {one.replaces for one in before}
        there = [one for one in before if one.number not in replaced]
        values = {
            one.number: one.values_by_epoch[epoch] for one in there if epoch in one.values_by_epoch
        }
        others = [one for one in there if one.number not in values]
        if any(one.state not in ENDED for one in others):
            return None
        pairs = self._rule.exploit(epoch, values, [one.number for one in others])
        self._decided[rung] = Decision(values, pairs)
        return self._decided[rung]

    def _copy(self, rung: Rung, decision: Decision) -> None:
        """Make the copies of a rung that the ledger lacks, once the states for them are kept."""
        population, epoch = rung
        made = {one.replaces for one in self._trials[population] if one.parent_epoch == epoch}
        pairs = {one: of for one, of in decision.pairs.items() if one not in made}
        files = {of: self._file(of, epoch) for of in pairs.values()}
        if None in files.values():
            return
        for replaced, number in sorted(pairs.items()):
            parent = self._ledger.trial(number)
            changes = dict(parent.params.get(CHANGES, {}))
            now = self._now(parent, changes)
            for key, value in self._rule.explore(epoch, replaced, now, self._settings).items():
                if value != now[key]:
                    changes[f"{key.partition('.')[2]}@{epoch}"] = value
            self._ledger.copy(Copy(number, epoch, replaced, changes, files[number] or None))
        self._done.add(rung)

    def _file(self, number: int, epoch: int) -> str | None:
        """Where the state of a trial at an epoch is; empty where it is not, nor can come to be, so
        that copies start from its seed; None while a pack still has to keep it."""
        record = self._ledger.trial(number)
        gone = record.state in ENDED or record.epoch > epoch
        return self._files.get((number, epoch), "" if gone else None)

    def _now(self, parent: TrialRecord, changes: Mapping[str, float]) -> dict[str, float]:
        """The values that the settings of a trial have at the end of its curve so far."""
        values = complete_values(self._spec, parent.params)
        now = {key: float(values[key]) for key in self._settings if key in parent.params}
        for text, value in changes.items():  # in the order of their epochs
            name = text.partition("@")[0]
            now |= {key: value for key in now if key.partition(".")[2] == name}
        return now
