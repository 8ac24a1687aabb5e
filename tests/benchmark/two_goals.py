"""Searches of two goals on planted spaces: what the front of a study fills of what it could.

Beside its loss a configuration costs its size. Trials are stopped by `asha` as a study of several
goals has it (MO-ASHA).
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import optuna
from optuna.trial import FrozenTrial, TrialState
from planted_spaces import PLANTED, Params, Planted

from rnnsearch.goal import Goal
from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.several import SeveralGoals
from rnnsearch.sampling.sobol import value_at
from rnnsearch.stopping.asha import AshaConfig
from rnnsearch.stopping.fronts import Costs, levelled
from rnnsearch.stopping.hypervolume import hypervolume

EPOCHS, NOISE, PACES, FLOOR = 27, 0.02, 0.3, 0.1
DRAWN = 20_000
"""Random configurations that say what a front could fill."""
Make = Callable[[Start], Any]


def size(params: Params) -> float:
    """Parameters of a recurrent layer, more or less."""
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[params.get("cell", "gru")]
    return float(gates * params["units"] ** 2 * params.get("layers", 1))


@cache
def corners(space: str) -> tuple[Costs, float]:
    """The reference point of a planted space, in logarithms, and the volume that can be filled."""
    planted, dice = PLANTED[space], np.random.RandomState(7)
    points = []
    for _ in range(DRAWN):
        params = planted.drawn(lambda _, one: value_at(one, dice.random_sample()))
        points.append((math.log(planted.loss(params) + FLOOR), math.log(size(params))))
    reference = tuple(np.quantile(points, 0.5, axis=0).tolist())
    return reference, hypervolume(points, reference)


def filled(space: str, make: Make, trials: int, at_once: int, seed: int) -> float:
    """Percent of the volume that the true losses of the trials of a study fill."""
    planted = PLANTED[space]
    study, costs = optuna.create_study(), dict[int, float]()
    inner = make(_start(planted, trials, seed))
    study.sampler = SeveralGoals(
        inner, Goal.MINIMIZE, lambda one: _size_of(one, costs), 2, levelled
    )
    rule = AshaConfig(grace_period=3, reduction_factor=3.0).rule_by_goals(
        EPOCHS, Goal.MINIMIZE, lambda number, epoch: (costs[number],)
    )
    dice = random.Random(seed)
    points: list[Costs] = []
    ways: list[tuple[optuna.Trial, float, float, float]] = []
    aboard: list[tuple[float, int, int]] = []

    def board(now: float) -> None:
        trial = study.ask()
        params = planted.drawn(lambda name, one: trial._suggest(name, one))
        loss = planted.loss(params) + FLOOR
        costs[trial.number] = size(params)
        points.append((math.log(loss), math.log(costs[trial.number])))
        fall, pace = (math.exp(dice.gauss(0, PACES)) for _ in range(2))
        ways.append((trial, loss * math.exp(dice.gauss(0, NOISE)), fall, pace))
        heapq.heappush(aboard, (now + pace, len(ways) - 1, 1))

    for _ in range(min(at_once, trials)):
        board(0.0)
    while aboard:
        now, at, epoch = heapq.heappop(aboard)
        trial, level, fall, pace = ways[at]
        value = level + fall / epoch
        trial.report(value, epoch)
        rule.record(trial.number, epoch, value)
        if epoch == EPOCHS:
            study.tell(trial, value)
        elif rule.decide(trial.number) is not None:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            heapq.heappush(aboard, (now + pace, at, epoch + 1))
            continue
        if len(ways) < trials:
            board(now)
    reference, most = corners(space)
    return 100 * hypervolume(points, reference) / most


def _size_of(trial: FrozenTrial, costs: Mapping[int, float]) -> Costs | None:
    return (costs[trial.number],) if trial.state.is_finished() else None


def _start(planted: Planted, trials: int, seed: int) -> Start:
    when = frozenset(planted.when)
    return Start(
        seed=seed,
        run_seed=seed + 1000,
        space=planted.space,
        trials=trials,
        conditional=when,
        goals=2,
    )
