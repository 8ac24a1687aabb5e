"""The values of trials in the goals beside the study's metric, as the ledger notes them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.space.constraints import BEFORE, LATENCY, SECONDS
from rnnsearch.space.goals import other_costs, other_goals
from rnnsearch.space.measures import measured
from rnnsearch.space.spec import StudySpec
from rnnsearch.space.trial import trial_config
from rnnsearch.stopping.fronts import Costs
from rnnsearch.tasks.base import TaskData
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.report import EpochReport


class BesideMetric(Protocol):
    """What a search notes of its trials beside the study's metric."""

    def note(self, jobs: Mapping[str, Job], fresh: Mapping[str, Sequence[EpochReport]]) -> None:
        """Note the values of trials at new epochs at which the stopping rule will ask for them."""
        ...

    def at_end(self, job: Job) -> dict[str, float]:
        """The values of a trial that ends, by name."""
        ...


class OneGoal:
    """A study of one goal notes nothing beside it."""

    def note(self, jobs: Mapping[str, Job], fresh: Mapping[str, Sequence[EpochReport]]) -> None:
        """Nothing."""

    def at_end(self, job: Job) -> dict[str, float]:
        return {}


class OtherValues:
    """The values in the other goals of a study.

    What is known before training follows from a trial's configuration; its latency is measured once
    for each network, and kept with the trials for later runs. `training_seconds` are those to the
    last epoch, by the pace of the epochs that this driver saw. Another metric counts at a rung as
    it is there, and at a trial's end as it was at its best epoch by the study's metric: that is the
    epoch whose weights are kept.

    Args:
        data: The data of a task by its config.
    """

    def __init__(self, spec: StudySpec, ledger: Ledger, data: Mapping[Any, TaskData]) -> None:
        self._ledger, self._data = ledger, data
        self._latencies = _latencies(spec, ledger)
        self._goals = other_goals(spec.search.goals)
        self._last = int(spec.values["training.max_epochs"])
        self._rungs = frozenset(spec.stopping_rule().rungs)
        self._paces: dict[int, tuple[float, int]] = {}

    def note(self, jobs: Mapping[str, Job], fresh: Mapping[str, Sequence[EpochReport]]) -> None:
        for trial_id, epochs in fresh.items():
            job = jobs[trial_id]
            for report in epochs:
                seconds, count = self._paces.get(job.number, (0.0, 0))
                self._paces[job.number] = seconds + report.seconds, count + 1
                if report.epoch in self._rungs:
                    values = self._values(job, report.metrics)
                    self._ledger.note_goals(job.number, report.epoch, values)

    def at_end(self, job: Job) -> dict[str, float]:
        return self._values(job, self._ledger.trial(job.number).measured)

    def costs(self, number: int, epoch: int) -> Costs:
        """What a trial costs beside the metric at a rung, as it was noted there."""
        noted = self._ledger.trial(number).goals_by_epoch
        return other_costs(self._goals, noted.get(epoch, {}))

    def _values(self, job: Job, metrics: Mapping[str, float]) -> dict[str, float]:
        """The finite values of a training.

        Args:
            metrics: Those that may be goals.
        """
        names = [goal.name for goal in self._goals]
        values = {name: float(metrics[name]) for name in names if name in metrics}
        key = _network(job.config)
        if key in self._latencies:
            values[LATENCY] = self._latencies[key]
        before = [name for name in names if name in BEFORE and name not in values]
        values.update(measured(job.config, self._data[job.config.task], before))
        if LATENCY in values:
            self._latencies[key] = values[LATENCY]
        values[SECONDS] = self._to_the_end(job)
        finite = {name: values.get(name, math.nan) for name in names}
        return {name: value for name, value in finite.items() if math.isfinite(value)}

    def _to_the_end(self, job: Job) -> float:
        """Seconds of a training to its last epoch; of one that was put back and has not trained
        since, as they were noted at its last rung."""
        seconds, count = self._paces.get(job.number, (0.0, 0))
        if count:
            return seconds / count * self._last
        noted = self._ledger.trial(job.number).goals_by_epoch
        return noted[max(noted)].get(SECONDS, math.nan) if noted else math.nan


def _network(config: TrialConfig) -> tuple[Any, ...]:
    """What the latency of a training's network follows from."""
    return config.task, config.model, config.training.dtype


def _latencies(spec: StudySpec, ledger: Ledger) -> dict[tuple[Any, ...], float]:
    """The latencies that earlier runs have measured, by network."""
    return {
        _network(trial_config(spec, one.params, one.seed)): one.goals[LATENCY]
        for one in ledger.trials()
        if LATENCY in one.goals
    }
