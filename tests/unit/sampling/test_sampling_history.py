"""What TPE reads of a study is what it holds, however it changed since the last look."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import optuna
import planted
import pytest
from optuna.trial import FrozenTrial, TrialState

from rnnsearch.goal import Goal
from rnnsearch.sampling import history
from rnnsearch.sampling.foretold import foretold
from rnnsearch.sampling.history import History
from rnnsearch.sampling.standing import source_of, stopped_at


def train(study: optuna.Study, dice: random.Random, turns: int, *looks: History) -> None:
    """Trials begin, report at any time, and end in every way; each turn some histories look."""
    aboard: list[optuna.Trial] = []
    for _ in range(turns):
        if dice.random() < 0.5 or not aboard:
            aboard.append(study.ask())
            planted.drawn(aboard[-1])
        one = dice.choice(aboard)
        last = max(study.trials[one.number].intermediate_values, default=0)
        value = math.nan if dice.random() < 0.1 else round(dice.random(), 2)
        one.report(value, last + 1)
        if dice.random() < 0.3:
            aboard.remove(one)
            end = dice.choice(("complete", "pruned", "pruned", "diverged", "failed"))
            if end == "diverged":
                one.set_constraint("diverged", 1.0)
            if end == "complete":
                study.tell(one, dice.random())
            elif end == "failed":
                study.tell(one, state=TrialState.FAIL)
            else:
                study.tell(one, state=TrialState.PRUNED)
        for look in looks:
            look.update(study)
            look.ranked()


def known(study: optuna.Study, goal: Goal) -> dict[int, float]:
    """What each trial would come to, by number, as `foretold` has it of all curves."""
    stops = {at for one in study.trials if (at := stopped_at(one)) is not None}
    sources = {
        one.number: source
        for one in study.trials
        if (source := source_of(one, goal, stops)) is not None
    }
    costs = foretold(list(sources.values()))
    return {number: cost for number, cost in zip(sources, costs, strict=True) if cost is not None}


@pytest.mark.parametrize("goal", list(Goal))
@pytest.mark.parametrize("longer", [3, 256])
def test_trials_stand_for_what_they_would_come_to(
    monkeypatch: pytest.MonkeyPatch, goal: Goal, longer: int
) -> None:
    monkeypatch.setattr("rnnsearch.sampling.foretold.LONGER", longer)
    monkeypatch.setattr(history, "LONGER", longer)
    monkeypatch.setattr(history, "ROOM", 4)
    study = optuna.create_study(direction=goal.value, sampler=optuna.samplers.RandomSampler(1))
    always = History()
    dice = random.Random(2)
    for _ in range(8):
        train(study, dice, 30, always)
        once = History()
        once.update(study)
        costs = known(study, goal)
        ranked = sorted(costs, key=lambda number: (costs[number], number))
        for one in (always, once):
            assert one.ranked().tolist()[: len(ranked)] == ranked
            assert dict(zip(*(_.tolist() for _ in one._foretold()), strict=True)) == costs
        assert once.ranked().tolist() == always.ranked().tolist()
        assert once.silent().tolist() == always.silent().tolist()
        assert once.running == always.running


def test_values_of_parameters_are_those_of_the_trials_that_have_all() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(1))
    look = History()
    train(study, random.Random(3), 60, look)
    places = np.arange(len(study.trials))
    names = {name: planted.SPACE[name] for name in ("rate", "dropout")}
    have = [
        one
        for one in study.trials
        if "dropout" in one.params and one.state != TrialState.FAIL and one.params
    ]
    values = look.columns.observations(places, names)
    assert values["rate"].tolist() == [one.params["rate"] for one in have]
    assert values["dropout"].tolist() == [one.params["dropout"] for one in have]
    assert (
        look.columns.observations(places, {"other": planted.SPACE["rate"]})["other"].tolist() == []
    )


def test_a_trial_that_is_put_back_counts_no_more() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(1))
    trial = study.ask()
    planted.drawn(trial)
    trial.report(1.0, 1)
    look = History()
    look.update(study)
    assert look.ranked().tolist() == [0]
    storage: Any = study._storage
    storage.set_trial_state_values(trial._trial_id, TrialState.WAITING)
    look.update(study)
    assert (look.ranked().tolist(), look.silent().tolist(), look.running) == ([], [], 0)
    assert (
        look.columns.observations(np.array([0]), {"rate": planted.SPACE["rate"]})["rate"].tolist()
        == []
    )


def test_of_curves_it_keeps_those_alone_that_the_ranking_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "LONGER", 2)
    study = optuna.create_study()
    for number in range(40):
        epochs = 9 if number % 2 else 3
        study.add_trial(
            trial(
                TrialState.COMPLETE if epochs == 9 else TrialState.PRUNED,
                {epoch: 1.0 / epoch for epoch in range(1, epochs + 1)},
            )
        )
    look = History()
    look.update(study)
    look.ranked()
    assert sorted(look._curves) == [37, 39]
    kept = look._curves[39]
    study.add_trial(trial(TrialState.COMPLETE, dict.fromkeys(range(1, 10), 1.0)))
    look.update(study)
    look.ranked()
    assert sorted(look._curves) == [39, 40]
    assert look._curves[39] is kept


def test_a_running_trial_counts_as_of_a_later_epoch_once_another_was_stopped_there() -> None:
    study = optuna.create_study()
    runs = study.ask()
    for epoch in range(1, 7):
        runs.report(1.0 / epoch, epoch)
    look = History()
    for stops in ((1, 2), (5, 6)):
        for stop in stops:
            study.add_trial(trial(TrialState.PRUNED, dict.fromkeys(range(1, stop + 1), 0.9)))
        look.update(study)
        look.ranked()
        costs = known(study, Goal.MINIMIZE)
        assert dict(zip(*(one.tolist() for one in look._foretold()), strict=True)) == costs


def trial(state: TrialState, curve: dict[int, float]) -> FrozenTrial:
    value = min(curve.values()) if state == TrialState.COMPLETE else None
    return optuna.trial.create_trial(state=state, value=value, intermediate_values=curve)
