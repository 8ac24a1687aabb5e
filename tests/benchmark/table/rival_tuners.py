"""Replays others' searches on the table, with their own samplers, pruners and schedulers.

Plain Optuna is asked and told as its `optimize` does it with several jobs: each epoch is reported,
and its pruner is asked. What its objective returns is the best value of the training, as ours is
judged by; a training that diverged returns NaN, and fails. Of Ray Tune the scheduler and the
searcher are called as its controller calls them (`tune/execution/tune_controller.py` of 2.60): one
pending trial at a time, results that stop a trial are not told to the searcher, and a paused trial
goes on where it was, at no cost. A training that diverged ends there, with the last result it had.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import optuna

from rnnsearch.goal import Goal
from rnnsearch.space.proposals import suggest
from table.course import Course, Size, Trained, Workers
from table.reading import Table

Sampler = Callable[[int], optuna.samplers.BaseSampler]
PENDING, RUNNING, PAUSED, TERMINATED = "PENDING", "RUNNING", "PAUSED", "TERMINATED"


def plain_optuna(
    table: Table,
    size: Size,
    *,
    seed: int,
    pruner: Callable[[Table], optuna.pruners.BasePruner],
) -> Course:
    """Replay Optuna's default sampler with one of its pruners."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(
        direction=table.goal.value,
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=pruner(table),
    )
    course, crew = Course(size.workers), Workers(size.workers)
    while True:
        while crew.free and len(course.trials) < size.trials:
            asked = study.ask()
            trial = Trained(table.row(suggest(table.spec, asked)))
            course.trials.append(trial)
            crew.train(trial, table.first[trial.row], 1, (asked, trial))
        token = crew.next()
        if token is None or size.over(crew):
            return course
        asked, trial = token
        training = table.first[trial.row]
        if trial.epochs == 0 or (training.diverged and trial.epochs == len(training.objective)):
            study.tell(asked, state=optuna.trial.TrialState.FAIL)
            continue
        asked.report(training.objective[trial.epochs - 1], trial.epochs)
        if trial.epochs == training.max_epochs:
            study.tell(asked, training.value(table.goal))
        elif asked.should_prune():
            trial.stopped = True
            study.tell(asked, state=optuna.trial.TrialState.PRUNED)
        else:
            crew.train(trial, training, trial.epochs + 1, token)


@dataclass(eq=False)
class TuneTrial:
    """What schedulers look at of a trial of Ray Tune."""

    trial_id: str
    trained: Trained
    status: str = PENDING
    is_saving: bool = False
    last_result: dict[str, Any] = field(default_factory=dict)


class Controller:
    """What schedulers ask of Tune's controller."""

    def __init__(self, scheduler: Any, searcher: Any) -> None:
        self.scheduler, self.searcher = scheduler, searcher
        self.trials: list[TuneTrial] = []

    def get_trials(self) -> list[TuneTrial]:
        return self.trials

    def stop_trial(self, trial: TuneTrial) -> None:
        if trial.status == TERMINATED:
            return
        if trial.status in (PENDING, PAUSED):
            self.scheduler.on_trial_remove(self, trial)
            self.searcher.on_trial_complete(trial.trial_id)
        else:
            self.scheduler.on_trial_complete(self, trial, trial.last_result)
            self.searcher.on_trial_complete(trial.trial_id, result=trial.last_result)
        trial.status = TERMINATED


def ray_tune(
    table: Table, size: Size, *, seed: int, scheduler: Callable[[Table, str], Any]
) -> Course:
    """Replay Ray Tune's OptunaSearch with one of its schedulers."""
    from ray.tune.search.optuna import OptunaSearch

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    np.random.seed(seed)  # Tune's schedulers draw from numpy's own generator
    metric, mode = "value", "min" if table.goal is Goal.MINIMIZE else "max"

    def space(asked: Any) -> None:
        suggest(table.spec, asked)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        searcher = OptunaSearch(space, metric=metric, mode=mode, seed=seed)
    control = Controller(scheduler(table, mode), searcher)
    course, crew = Course(size.workers), Workers(size.workers)
    while True:
        while crew.free and (trial := _chosen(control, table, course, size.trials)) is not None:
            trial.status = RUNNING
            _go_on(table, crew, trial)
        trial = crew.next()
        if trial is None or size.over(crew):
            for one in control.trials:
                short = one.trained.epochs < table.max_epochs
                one.trained.stopped = short and one.status == TERMINATED
            return course
        _take(table, control, crew, trial)


def _chosen(control: Controller, table: Table, course: Course, most: int) -> TuneTrial | None:
    """The trial that the scheduler starts next, once a new one is pending where there may be."""
    pending = any(one.status == PENDING for one in control.trials)
    if not pending and len(course.trials) < most:
        name = f"{len(course.trials):05d}"
        drawn = control.searcher.suggest(name)
        trial = TuneTrial(name, Trained(table.row(drawn)))
        course.trials.append(trial.trained)
        control.trials.append(trial)
        control.scheduler.on_trial_add(control, trial)
    return control.scheduler.choose_trial_to_run(control)


def _go_on(table: Table, crew: Workers, trial: TuneTrial) -> None:
    crew.train(trial.trained, table.first[trial.trained.row], trial.trained.epochs + 1, trial)


def _take(table: Table, control: Controller, crew: Workers, trial: TuneTrial) -> None:
    """Take the result of an epoch as Tune's controller does."""
    trained = trial.trained
    training = table.first[trained.row]
    if trained.epochs == trial.last_result.get("training_iteration", 0):  # it diverged
        control.stop_trial(trial)
        return
    result = {
        "training_iteration": trained.epochs,
        "value": training.objective[trained.epochs - 1],
        "trial_id": trial.trial_id,
    }
    decision = control.scheduler.on_trial_result(control, trial, result)
    if decision != "STOP":
        control.searcher.on_trial_result(trial.trial_id, result)
    trial.last_result = result
    if decision == "PAUSE":
        trial.status = PAUSED
    elif decision == "STOP" or trained.epochs == training.max_epochs:
        control.stop_trial(trial)
    else:
        _go_on(table, crew, trial)
