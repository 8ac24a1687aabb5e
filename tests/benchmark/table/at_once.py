"""Samplers on the table with few and with many trials at once, by the study's own rule.

As `ours.py` without a ledger, which costs more than a proposal: the sampler is asked and told as a
study does that, `asha` judges, and virtual workers train as long as the table says.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.trial import TrialState

from rnnsearch.sampling.sampler import Start
from rnnsearch.space.proposals import suggest
from rnnsearch.stopping.asha import AshaConfig
from table.course import Course, Size, Trained, Workers
from table.reading import Table

Make = Callable[[Start], Any]
SEED_OF_RUN = 1000
"""What the seed of a run is more than that of the study."""


@dataclass(slots=True)
class _Aboard:
    asked: optuna.Trial
    trial: Trained
    reported: int = 0


def ended(
    table: Table, make: Make, size: Size, seed: int, *, once: bool = False
) -> tuple[float, float]:
    """Percent of the rows that are better than the best value of a study, but half a row, and how
    many full trainings its device time was."""
    course = searched(table, make, size, seed, once=once)
    best = table.goal.worst
    for _, _, value in course.incumbents(table):
        best = value
    share = 100 * (table.rank(best) + 0.5 / len(table.costs))
    return share, course.seconds(table) / table.full_seconds


def searched(table: Table, make: Make, size: Size, seed: int, *, once: bool = False) -> Course:
    """A study of so many trials, each of which trains until its rule or its last epoch ends it.

    Args:
        once: Whether a row is tried once: the nearest of the others stands for whoever comes to it.
    """
    conditional = frozenset(name for name, one in table.spec.parameters.items() if one.when)
    start = Start(
        seed=seed,
        run_seed=seed + SEED_OF_RUN,
        space=table.space,
        trials=size.trials,
        conditional=conditional,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study = optuna.create_study(direction=table.goal.value, sampler=make(start))
    rule = AshaConfig().rule(table.max_epochs, table.goal)
    course, crew = Course(size.workers), Workers(size.workers)

    def train(one: _Aboard) -> None:
        crew.train(one.trial, table.first[one.trial.row], rule.next_limit(one.reported), one)

    while True:
        while crew.free and len(course.trials) < size.trials:
            asked = study.ask()
            params = suggest(table.spec, asked)
            tried = [known.row for known in course.trials] if once else []
            row = table.row_but(params, tried) if once else table.row(params)
            one = _Aboard(asked, Trained(row))
            course.trials.append(one.trial)
            train(one)
        if (one := crew.next()) is None:
            return course
        training = table.first[one.trial.row]
        for epoch in range(one.reported + 1, one.trial.epochs + 1):
            one.asked.report(training.objective[epoch - 1], epoch)
            rule.record(one.asked.number, epoch, training.objective[epoch - 1])
        one.reported = one.trial.epochs
        if one.reported == training.max_epochs:
            study.tell(one.asked, training.value(table.goal))
        elif training.diverged and one.reported == len(training.objective):
            one.asked.set_constraint("diverged", 1.0)
            study.tell(one.asked, state=TrialState.PRUNED)
        elif rule.decide(one.asked.number) is not None:
            one.trial.stopped = True
            study.tell(one.asked, state=TrialState.PRUNED)
        else:
            train(one)
