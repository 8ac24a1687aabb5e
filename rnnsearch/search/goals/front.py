"""The fronts of a study of several goals, its finalists, and which of these is the champion."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rnnsearch.events import RANKED
from rnnsearch.search.finalist import NO_OTHER_GOALS, Ahead, Finalist
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.space.goals import KNEE, chosen_by, other_costs, other_goals
from rnnsearch.space.spec import StudySpec
from rnnsearch.stopping.fronts import Costs, fronts, scaled
from rnnsearch.stopping.hypervolume import widest
from rnnsearch.stopping.mo_asha import Others


def costs_of(spec: StudySpec, record: TrialRecord) -> Costs:
    """What a trial that has ended costs in all goals of a study, by its best epoch."""
    others = other_costs(other_goals(spec.search.goals), record.goals)
    assert record.best_value is not None
    return (spec.search.goal.cost(record.best_value), *others)


def recorded_costs(spec: StudySpec, trials: Sequence[TrialRecord]) -> Others:
    """What trials of a study that is over cost beside the metric at an epoch: as it was noted at
    its rungs, and elsewhere as at the trial's end."""
    goals, records = other_goals(spec.search.goals), {one.number: one for one in trials}

    def costs(number: int, epoch: int) -> Costs:
        record = records[number]
        return other_costs(goals, record.goals_by_epoch.get(epoch) or record.goals)

    return costs


def comparable(trials: Sequence[TrialRecord]) -> list[TrialRecord]:
    """The trials that have a place in a front: ended, with a finite value, with no bound broken."""
    return [
        one
        for one in trials
        if one.state in RANKED
        and one.best_value is not None
        and math.isfinite(one.best_value)
        and not one.violations
    ]


def front_of(trials: Sequence[TrialRecord], spec: StudySpec) -> dict[int, int]:
    """The front of each comparable trial by its number, 1 for the first; none with one goal."""
    if not spec.search.goals:
        return {}
    points = {one.number: costs_of(spec, one) for one in comparable(trials)}
    return {number: rank for rank, front in enumerate(fronts(points), start=1) for number in front}


def finalists_of(spec: StudySpec, front: Mapping[int, TrialRecord]) -> list[int]:
    """The finalists of a front: the one that `search.choose` takes, then whichever adds the most
    hypervolume to those before it."""
    if not front:
        return []
    points = {number: costs_of(spec, one) for number, one in front.items()}
    values = {number: one.best_value or 0.0 for number, one in front.items()}
    ahead = ahead_of(spec, front, values)
    first = min(front, key=lambda number: (ahead[number], points[number], number))
    return widest(points, spec.search.finalists.top, [first])


def ahead_of(
    spec: StudySpec, records: Mapping[int, TrialRecord], values: Mapping[int, float]
) -> dict[int, Ahead]:
    """What `search.choose` says of trials, by number.

    Args:
        values: Their values of the study's metric, such as the means over seeds.
    """
    search, goals = spec.search, other_goals(spec.search.goals)
    bounds = chosen_by(search.choose)
    of_all = {number: {**records[number].goals, search.metric: values[number]} for number in values}
    beyond = {
        number: sum(max(0.0, bound.violation(of_one.get(bound.name, math.nan))) for bound in bounds)
        for number, of_one in of_all.items()
    }
    bends = dict.fromkeys(values, 0.0)
    if search.choose == KNEE:
        finite = [number for number in values if math.isfinite(values[number])]
        costs = [
            (search.goal.cost(values[one]), *other_costs(goals, records[one].goals))
            for one in finite
        ]
        lengths = np.linalg.norm(scaled(costs), axis=1) if costs else np.empty(0)
        bends.update(zip(finite, lengths.tolist(), strict=True))
    return {number: (beyond[number], bends[number]) for number in values}


def rule_of_choice(
    spec: StudySpec, record_of: Callable[[int], TrialRecord], finalists: Sequence[Finalist]
) -> Mapping[int, Ahead]:
    """The same of finalists, by the means of their seeds, with their trials' other values; nothing
    with one goal."""
    if not spec.search.goals:
        return NO_OTHER_GOALS
    values = {one.number: one.mean(spec.search.goal) for one in finalists if one.done()}
    records = {number: record_of(number) for number in values}
    back = spec.search.goal.cost  # its own inverse
    return ahead_of(spec, records, {number: back(one.cost) for number, one in values.items()})
