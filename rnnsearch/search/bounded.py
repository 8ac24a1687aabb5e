"""Which trainings keep the constraints of a study that are known only once they have trained."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from rnnsearch.events import RANKED, ChampionChosen
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.constraints import SECONDS, known_after, violations
from rnnsearch.space.goals import SIZES, other_goals
from rnnsearch.space.spec import StudySpec
from rnnsearch.training.report import EpochReport


class Bounded:
    """Notes what is bounded, or a goal, at the best epochs of trials, and judges those that end."""

    def __init__(self, spec: StudySpec, ledger: Ledger) -> None:
        self._bounds = known_after(spec.search.constraints)
        goals = [one.name for one in other_goals(spec.search.goals) if one.name not in SIZES]
        self._names = dict.fromkeys([*(one.name for one in self._bounds), *goals])
        self._ledger = ledger

    def note(self, jobs: Mapping[str, Job], fresh: Mapping[str, Sequence[EpochReport]]) -> None:
        """Note what is bounded or a goal, where one of the new epochs is the best of its trial."""
        names = self._names
        for trial_id, epochs in fresh.items() if names else ():
            best = [one for one in epochs if one.best.epoch == one.epoch][-1:]
            for report in best:
                values = {name: float(report.metrics.get(name, math.nan)) for name in names}
                finite = {name: value for name, value in values.items() if math.isfinite(value)}
                self._ledger.note_measured(jobs[trial_id].number, finite)

    def violations(self, job: Job) -> dict[str, float]:
        """How far a trial that ends is beyond the bounds that it breaks, by their texts."""
        if not self._bounds or not job.epoch:
            return {}
        measured = self._ledger.trial(job.number).measured
        pace = _pace(job.seconds, job.epoch, job.config.training.max_epochs)
        return violations(self._bounds, {**measured, SECONDS: pace})


def violation_of(spec: StudySpec, record: TrialRecord, metrics: Mapping[str, float]) -> float:
    """How far a training is beyond all bounds that it breaks; 0 where it keeps them.

    Args:
        record: Its trial, whose time stands for that of the training.
        metrics: Those of its best epoch.
    """
    bounds = known_after(spec.search.constraints)
    return sum(violations(bounds, _measured(spec, record, metrics)).values())


def broken_by(spec: StudySpec, record: TrialRecord, metrics: Mapping[str, float]) -> list[str]:
    """The bounds that a training breaks, in words; the arguments are those of `violation_of`."""
    values, bounds = _measured(spec, record, metrics), known_after(spec.search.constraints)
    given = {one: values.get(one.name, math.nan) for one in bounds}
    return [one.broken_by(value) for one, value in given.items() if one.violation(value) > 0]


def champion_breaks(
    spec: StudySpec, trials: Sequence[TrialRecord], champion: ChampionChosen
) -> str:
    """What a person must know of a champion that breaks a bound; empty where it keeps all."""
    record = next(one for one in trials if one.number == champion.number)
    broken = broken_by(spec, record, champion.val_metrics)
    if not broken:
        return ""
    ranked = [one for one in trials if one.state in RANKED]
    kept = sum(not one.violations for one in ranked)
    left = f"{kept} of {len(ranked)} trials keep all" if kept else "no trial keeps all"
    return f"the winner breaks a constraint: {', '.join(broken)}; {left}"


def _measured(
    spec: StudySpec, record: TrialRecord, metrics: Mapping[str, float]
) -> dict[str, float]:
    last = int(spec.values["training.max_epochs"])
    return {**metrics, SECONDS: training_pace(record, last)}


def training_pace(record: TrialRecord, last: int) -> float:
    """Seconds that a trial takes to its last epoch, at its pace so far."""
    return _pace(record.seconds or 0.0, record.epoch, last)


def _pace(seconds: float, epochs: int, last: int) -> float:
    """Seconds of a training to its last epoch, by those of its first epochs."""
    return seconds / max(1, epochs) * last
