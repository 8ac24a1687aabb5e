"""Importances are those of Optuna where nothing is added, and planted ones are found again."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import optuna
import pytest
from made_trials import record
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from rnnsearch.goal import Goal
from rnnsearch.search.importances import Grid, best_count, cells_of, importances
from rnnsearch.search.ledger.trial_record import TrialRecord
from rnnsearch.search.trial_order import trial_order
from rnnsearch.stopping.asha import Asha, rung_epochs

EPOCHS = 32
KINDS: Mapping[str, BaseDistribution] = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "cell": CategoricalDistribution(["gru", "lstm", "rnn"]),
    "layers": IntDistribution(1, 3),
    "dropout": FloatDistribution(0, 0.5),
    "units": IntDistribution(4, 64, log=True),
    "decay": FloatDistribution(0, 1),
    "clip": FloatDistribution(0.5, 8, step=0.5),
}


def drawn(draw: random.Random) -> dict[str, Any]:
    params: dict[str, Any] = {
        "rate": 10 ** draw.uniform(-4, -1),
        "cell": draw.choice(["gru", "lstm", "rnn"]),
        "layers": draw.randint(1, 3),
        "units": min(64, round(2 ** draw.uniform(2, 6))),
        "decay": draw.random(),
        "clip": draw.randint(1, 16) / 2,
    }
    if params["layers"] > 1:
        params["dropout"] = draw.uniform(0, 0.5)
    return params


def floor(params: Mapping[str, Any]) -> float:
    """Where a planted curve ends: the rate matters most, then the cell, then the decay, and dropout
    a little where there is more than one layer; nothing else does."""
    rate = (math.log10(params["rate"]) + 2) ** 2
    cell = (params["cell"] != "gru") * 0.4
    return 1 + rate + cell + params["decay"] * 0.3 + params.get("dropout", 0.0) * 0.1


def searched(count: int, seed: int) -> list[TrialRecord]:
    """Trials over curves that fall to their floors, stopped by the real rule, eight at a time."""
    draw, rule = random.Random(seed), Asha(rung_epochs(2, 4, EPOCHS), 4, Goal.MINIMIZE)
    trials, aboard = [], {}
    for number in range(count):
        aboard[number] = (drawn(draw), 0, {})
        while len(aboard) == 8 or (number == count - 1 and aboard):
            at = draw.choice(list(aboard))
            params, epoch, curve = aboard[at]
            limit = rule.next_limit(epoch)
            for each in range(epoch + 1, limit + 1):
                noise = draw.gauss(0, 0.02)
                curve[each] = floor(params) + draw.uniform(0.9, 1.1) * math.exp(-each / 4) + noise
                rule.record(at, each, curve[each])
            why = rule.decide(at) if limit < EPOCHS else None
            if why is None and limit < EPOCHS:
                aboard[at] = (params, limit, curve)
                continue
            del aboard[at]
            state = "complete" if why is None else "pruned"
            one = record(at, state, min(curve.values()), params)
            trials.append(replace(one, values_by_epoch=dict(curve), epoch=limit))
    return trials


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_importances_are_found_though_most_trials_were_stopped(seed: int) -> None:
    trials = searched(1000, seed)
    stopped = sum(trial.state == "pruned" for trial in trials) / len(trials)
    assert stopped >= 0.9
    ordered = trial_order(trials, (2, 8), Goal.MINIMIZE)
    assert len(ordered) == len(trials)
    rows = importances([one.params for one, _ in ordered], [at for _, at in ordered], KINDS)
    assert [row.param for row in rows[:3]] == ["rate", "cell", "decay"]
    assert all(row.low > 0 for row in rows[:2])
    assert sum(row.importance for row in rows) == pytest.approx(1)
    for row in rows:
        assert 0 <= row.low <= row.importance <= row.high <= 1
        if row.param in ("units", "clip"):
            assert row.low == 0, row
            assert row.high < 0.1, row
    assert {row.param: row.trials for row in rows}["dropout"] < len(trials)


def test_completed_trials_alone_are_too_few_to_find_them() -> None:
    """What counting stopped trials is for: those that are complete differ little."""
    trials = [one for one in searched(1000, 1) if one.state == "complete"]
    rows = importances([one.params for one in trials], [one.best_value for one in trials], KINDS)
    by_name = {row.param: row for row in rows}
    assert "cell" not in by_name or by_name["cell"].low == 0


def test_a_divergence_is_that_of_optuna() -> None:
    draw = random.Random(0)
    params = [drawn(draw) for _ in range(200)]
    places = np.array([floor(one) for one in params])
    order = np.argsort(places)
    best = best_count(200)
    mine = {}
    for name, kind in KINDS.items():
        cells, grid = cells_of([params[at].get(name) for at in order], kind)
        counts = np.zeros((2, grid))
        for row, many in zip(counts, (best, 200), strict=True):
            kept = cells[:many]
            row += np.bincount(kept[kept >= 0], minlength=grid)
        top = np.ones((1, best)), np.ones((1, 200))
        density = Grid(grid, isinstance(kind, CategoricalDistribution))
        mine[name] = float(density.divergences(counts[:1], counts[1:], *top)[0])
    study = optuna.create_study()
    study.add_trials(
        [
            optuna.trial.create_trial(
                params=one, distributions={key: KINDS[key] for key in one}, value=place
            )
            for one, place in zip(params, places, strict=True)
        ]
    )
    theirs = optuna.importance.get_param_importances(study)
    total = sum(mine.values())
    assert {key: value / total for key, value in mine.items()} == pytest.approx(theirs, rel=1e-6)


def test_a_bad_trial_that_came_first_and_went_on_stays_below_better_ones_that_were_stopped() -> (
    None
):
    curves = {
        0: ("complete", {1: 0.9, 2: 0.8}),
        1: ("pruned", {1: 0.5}),
        2: ("complete", {1: 0.3, 2: 0.2}),
        3: ("complete", {1: 0.2, 2: 0.25}),
        4: ("diverged", {1: 0.1}),
        5: ("running", {1: 0.05}),
        6: ("failed", {}),
    }
    trials = []
    for number, (state, curve) in curves.items():
        one = record(number, state, min(curve.values(), default=None))
        trials.append(replace(one, values_by_epoch=curve))
    ordered = sorted(trial_order(trials, (1,), Goal.MINIMIZE), key=lambda pair: pair[1])
    assert [one.number for one, _ in ordered] == [2, 3, 1, 0, 4]
    turned = [
        replace(
            one,
            best_value=None if one.best_value is None else -one.best_value,
            values_by_epoch={at: -value for at, value in one.values_by_epoch.items()},
        )
        for one in trials
    ]
    again = sorted(trial_order(turned, (1,), Goal.MAXIMIZE), key=lambda pair: pair[1])
    assert [one.number for one, _ in again] == [2, 3, 1, 0, 4]
    equal = [record(number, "complete", 0.5) for number in range(3)]
    assert {at for _, at in trial_order(equal, (), Goal.MINIMIZE)} == {0.0}
