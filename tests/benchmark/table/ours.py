"""Replays a search of this project on the table, through its own code.

The trials come from a ledger with the study's sampler, and `SearchStage` records and judges them
with the study's stopping rule, as it does when packs report. Only the packs are virtual workers: a
worker trains one trial at a time, as long as the table says, and reports when the trial has come
to its limit.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.job import Job
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.messages import PackReport
from rnnsearch.search.pack_book import PackBook
from rnnsearch.search.search_stage import SearchStage
from rnnsearch.search.shelf import Shelf
from rnnsearch.search.trial_judge import TrialJudge
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec
from rnnsearch.training.report import BestEpoch, Divergence, EpochReport
from table.course import Course, Size, Trained, Workers
from table.reading import SPACES, Table


class Nobody:
    """A listener that hears nothing."""

    def on_event(self, event: object) -> None: ...


def spec_of(table: Table, trials: int, seed: int, search: Mapping[str, Any]) -> StudySpec:
    """The space of a table with another section `search`."""
    changes = {"search.num_trials": trials, "search.seed": seed, **search}
    overrides = [f"{key}={value}" for key, value in changes.items()]
    return loads(
        table.spec.yaml,
        name=table.name,
        directory=SPACES,
        overrides=overrides,
        check_data=False,
    )


@dataclass(slots=True)
class _Aboard:
    job: Job
    trial: Trained


def replay(table: Table, size: Size, *, seed: int, search: Mapping[str, Any]) -> Course:
    """Replay one study.

    Args:
        search: Keys of a space file and their values, such as `search.sampler`.
    """
    spec = spec_of(table, size.trials, seed, search)
    with tempfile.TemporaryDirectory(prefix="table-") as name:
        directory = StudyDirectory(Path(name), table.name)
        directory.create()
        ledger = Ledger.create(directory, spec)
        try:
            return _searched(table, spec, ledger, directory, size)
        finally:
            ledger.close()


def _searched(
    table: Table, spec: StudySpec, ledger: Ledger, directory: StudyDirectory, size: Size
) -> Course:
    rule = spec.stopping_rule()
    listener: Any = Nobody()
    shelf = Shelf(directory.checkpoints, table.goal, spec.search.finalists.top, listener, {})
    stage = SearchStage(TrialJudge(spec, ledger, listener, shelf, rule, on_end=lambda: None))
    course, crew = Course(size.workers), Workers(size.workers)
    while True:
        while crew.free and (job := stage.board()) is not None:
            stage.started(job, PackBook("pack", size.workers))
            trial = Trained(table.row(job.trial.params))
            course.trials.append(trial)
            crew.train(trial, table.first[trial.row], job.limit, _Aboard(job, trial))
        aboard = crew.next()
        if aboard is None or size.over(crew):
            return course
        if _judged(table, stage, aboard):
            job, trial = aboard.job, aboard.trial
            crew.train(trial, table.first[trial.row], job.limit, aboard)


def _judged(table: Table, stage: SearchStage, aboard: _Aboard) -> bool:
    """Report a trial that came to its limit, or diverged before; whether it goes on."""
    job, trial = aboard.job, aboard.trial
    training = table.first[trial.row]
    reports = _reports(table, job, training.objective, trial.epochs)
    jobs = {job.trial_id: job}
    departures = stage.judge(
        jobs, PackReport(reports=tuple(reports), roster={job.trial_id: trial.epochs})
    )
    if departures:
        trial.stopped = trial.epochs < training.max_epochs
        return False
    if training.diverged and trial.epochs == len(training.objective):
        stage.diverged(job, Divergence(job.trial_id, trial.epochs + 1, 0, float("inf")))
        return False
    return True


def _reports(table: Table, job: Job, curve: Sequence[float], until: int) -> list[EpochReport]:
    """The reports of a job's epochs since its last one."""
    goal, metric = table.goal, table.spec.search.metric
    best = job.best_aboard
    reports = []
    for epoch in range(job.epoch + 1, until + 1):
        value = curve[epoch - 1]
        if best is None or goal.better(value, best.value):
            best = BestEpoch(epoch, value)
        reports.append(EpochReport(job.trial_id, epoch, {metric: value}, 1, 0.0, best))
    return reports
