"""The incremental TPE proposes what Optuna's own does, to the bit."""

from __future__ import annotations

import math
import random
import warnings
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from rnnsearch.goal import Goal
from rnnsearch.search.ledger.tpe import IncrementalTPE
from rnnsearch.space.load import loads
from rnnsearch.space.proposals import suggest
from rnnsearch.testing.samplers import SPACE

SEED = 5


def stock(startup: int) -> optuna.samplers.TPESampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            multivariate=True, group=True, constant_liar=True, n_startup_trials=startup, seed=SEED
        )


def incremental(startup: int) -> optuna.samplers.TPESampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return IncrementalTPE(startup, SEED)


def proposals(
    sampler: optuna.samplers.TPESampler, goal: Goal, count: int, study: optuna.Study | None = None
) -> tuple[list[dict[str, Any]], optuna.Study]:
    """Params of trials that run beside one another and end in every way, in any order."""
    spec = loads(SPACE, name="contract", directory=Path())
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if study is None:
        study = optuna.create_study(direction=goal)
    study.sampler = sampler
    dice = random.Random(3)
    aboard: list[optuna.Trial] = []
    params = []
    for number in range(count):
        if number % 17 == 3:
            # A trial that was put back keeps its params, and is asked for again.
            study.enqueue_trial({"training.learning_rate": 0.01, "model.cell": "gru"})
        trial = study.ask()
        params.append(suggest(spec, trial))
        aboard.append(trial)
        while len(aboard) > 6:
            finish(study, aboard.pop(dice.randrange(len(aboard))), dice)
    return params, study


def finish(study: optuna.Study, trial: optuna.Trial, dice: random.Random) -> None:
    """Values repeat, so that ties are broken too; a pruned trial may have no value at all."""
    value = round(dice.random(), 1)
    epochs = dice.choice([0, 3, 3, 9])
    for epoch in range(1, epochs + 1):
        trial.report(math.nan if dice.random() < 0.02 else value / epoch, epoch)
    end = dice.random()
    if end < 0.3:
        study.tell(trial, value)
    elif end < 0.4:
        study.tell(trial, state=TrialState.FAIL)
    else:
        if end < 0.5:
            trial.set_constraint("diverged", 1.0)
        study.tell(trial, state=TrialState.PRUNED)


@pytest.mark.parametrize(("goal", "startup"), [("minimize", 10), ("maximize", 1)])
def test_it_proposes_what_optunas_own_does(goal: Goal, startup: int) -> None:
    ours, _ = proposals(incremental(startup), goal, 90)
    theirs, _ = proposals(stock(startup), goal, 90)

    assert ours == theirs


def test_a_new_one_goes_on_with_a_study_that_is_there() -> None:
    _, ours = proposals(stock(10), "minimize", 40)
    _, theirs = proposals(stock(10), "minimize", 40)

    assert (
        proposals(incremental(10), "minimize", 20, ours)[0]
        == proposals(stock(10), "minimize", 20, theirs)[0]
    )


def test_there_is_room_for_any_number_of_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnsearch.search.ledger.tpe._ROOM", 4)

    ours, _ = proposals(incremental(10), "minimize", 40)

    assert ours == proposals(stock(10), "minimize", 40)[0]
