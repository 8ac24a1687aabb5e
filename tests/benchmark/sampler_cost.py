"""What a proposal costs beside many trials that run, in processor time of the sampler."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from statistics import mean
from typing import Any

import optuna
from optuna.trial import TrialState, create_trial
from planted_spaces import PLANTED, Planted

from rnnsearch.sampling.sampler import Start
from rnnsearch.sampling.sobol import value_at

EPOCHS, RUNGS, REPORTS = 27, (3, 9), 13
"""Epochs of a complete trial, those at which trials are stopped, and reports for each proposal."""
FALL = 1.0

Make = Callable[[Start], Any]


def cost_row(space: str, name: str, make: Make, running: int, proposals: int) -> dict[str, Any]:
    """Milliseconds of a proposal beside so many trials that run and as many that have ended.

    Between two proposals a trial ends and others report, as in a study whose slots are full. The
    first proposal, at which a sampler reads the whole study as after a resume, stands by itself.
    """
    planted, dice = PLANTED[space], random.Random(running)
    study, begun = optuna.create_study(sampler=make(_start(planted))), time.perf_counter()
    storage: Any = study._storage
    aboard: list[optuna.Trial] = []
    for number in range(2 * running):
        params = planted.drawn(lambda _, one: value_at(one, dice.random()))
        ended = number < running
        level = planted.loss(params) + dice.gauss(0, 0.02)
        until = dice.choice((3, 3, 3, 9, 27)) if ended else dice.randrange(EPOCHS)
        state = TrialState.RUNNING
        if ended:
            state = TrialState.COMPLETE if until == EPOCHS else TrialState.PRUNED
        curve = {epoch: level + FALL / epoch for epoch in range(1, until + 1)}
        trial = create_trial(
            state=state,
            value=curve[EPOCHS] if state == TrialState.COMPLETE else None,
            params=params,
            distributions={key: planted.space[key] for key in params},
            intermediate_values=curve,
        )
        trial_id = storage.create_new_trial(study._study_id, trial)
        if not ended:
            aboard.append(optuna.Trial(study, trial_id))
    times = []
    for _ in range(proposals):
        _go_on(study, aboard, dice)
        asked = study.ask()
        before = time.process_time()
        planted.drawn(lambda key, one, to=asked: to._suggest(key, one))
        times.append(time.process_time() - before)
        aboard.append(asked)
    first, *others = (1000 * one for one in times)
    return {
        "space": space,
        "running": running,
        "sampler": name,
        "proposals": proposals,
        "ms": round(mean(others), 2),
        "longest": round(max(others), 1),
        "first": round(first, 1),
        "wall, s": round(time.perf_counter() - begun),
    }


def _start(planted: Planted) -> Start:
    when = frozenset(planted.when)
    return Start(seed=0, run_seed=1000, space=planted.space, trials=10**6, conditional=when)


def _go_on(study: optuna.Study, aboard: list[optuna.Trial], dice: random.Random) -> None:
    """Some trials report their next epochs, and one of them ends."""
    for _ in range(REPORTS):
        trial = dice.choice(aboard)
        known = trial._get_latest_trial().intermediate_values
        last = max(known, default=0)
        if last < EPOCHS:
            level = known[last] - FALL / last if last else math.exp(dice.gauss(0, 1))
            trial.report(level + FALL / (last + 1), last + 1)
    at = dice.randrange(len(aboard))
    aboard[at], aboard[-1] = aboard[-1], aboard[at]
    study.tell(aboard.pop(), state=TrialState.PRUNED)
