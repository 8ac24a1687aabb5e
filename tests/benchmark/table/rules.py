"""What stopping rules cost and save: studies of the same random trials, so that nothing else
differs.

The rule is asked as a study asks it, and nothing is kept but its decisions, so that hundreds of
studies take seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import fmean, median
from typing import Any

import numpy as np

from rnnsearch.stopping.rule import StoppingConfig, StoppingRule, seeded
from rnnsearch.stopping.table import stopping_rules
from table.course import Course, Size, Trained, Workers
from table.reading import Table
from table.replays import STUDY, facts

RULES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("asha", {}),
    ("asha", {"of": "last"}),
    ("asha", {"reduction_factor": 3}),
    ("asha", {"reduction_factor": 1.5}),
    ("asha", {"grace_period": 10, "reduction_factor": 3}),
    ("asha", {"grace_period": 10}),
    ("asha", {"min_trials": 8}),
    ("asha", {"brackets": 3}),
    ("hyperband", {}),
    ("pasha", {}),
    ("patience", {}),
    ("extrapolate", {}),
    ("median", {}),
    ("taper", {}),
    ("taper", {"grace_period": 10}),
    ("taper", {"power": 0.4}),
    ("taper", {"power": 1}),
    ("taper", {"power": 1.5}),
    ("taper", {"power": 2.5}),
)


def kept(table: Table, repeats: int) -> Iterator[dict[str, Any]]:
    """A row for each rule, over the same studies of as many trials as by default."""
    for name, keys in RULES:
        config = stopping_rules()[name](**keys)
        some = [facts(table, studied(table, config, seed, Size(STUDY))) for seed in range(repeats)]
        words = ", ".join(f"{key} {value}" for key, value in keys.items())
        yield {
            "space": table.name,
            "rule": name + (f" ({words})" if words else ""),
            "studies": repeats,
            "best was stopped, %": 100 * fmean(row["stopped"] for row in some),
            "and its value lost, %": 100 * fmean(row["lost"] for row in some),
            "better rows by that, %": fmean(row["lost_rank"] for row in some),
            "device time saved, %": 100
            * median(1 - row["seconds"] / row["full_seconds"] for row in some),
        }


def studied(table: Table, config: StoppingConfig, seed: int, size: Size) -> Course:
    """A study of random rows of the table, each at most once, judged by a rule."""
    rule = seeded(config.rule(table.max_epochs, table.goal), seed)
    rows = np.random.default_rng(seed).permutation(len(table.costs))[: size.trials]
    course, crew = Course(size.workers), Workers(size.workers)
    for number, row in enumerate(rows):
        while not crew.free:
            _judged(table, rule, crew)
        trial = Trained(int(row))
        course.trials.append(trial)
        crew.train(trial, table.first[trial.row], rule.next_limit(0), (number, trial, 0))
    while crew.free < crew.count:
        _judged(table, rule, crew)
    return course


def _judged(table: Table, rule: StoppingRule, crew: Workers) -> None:
    """Judge the next trial that came to its limit, and train it further where it goes on."""
    number, trial, before = crew.next()
    training = table.first[trial.row]
    for epoch in range(before + 1, trial.epochs + 1):
        rule.record(number, epoch, training.objective[epoch - 1])
    if trial.epochs == len(training.objective):
        return
    trial.stopped = rule.decide(number) is not None
    if not trial.stopped:
        until = rule.next_limit(trial.epochs)
        crew.train(trial, training, until, (number, trial, trial.epochs))
