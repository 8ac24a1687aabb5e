"""A planted objective under a stopping rule, on which samplers are compared with random search."""

from __future__ import annotations

import math
import random
from statistics import median
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from rnnsearch.sampling.random import RandomConfig
from rnnsearch.sampling.sampler import Start

SPACE: dict[str, BaseDistribution] = {
    "rate": FloatDistribution(1e-4, 1e-1, log=True),
    "dropout": FloatDistribution(0, 0.6),
    "momentum": FloatDistribution(0, 1),
    "units": IntDistribution(4, 64, log=True),
    "cell": CategoricalDistribution(["rnn", "gru", "lstm"]),
}
"""`dropout` is active with the cell `lstm` alone."""


def loss(params: dict[str, Any]) -> float:
    """What a trial comes to; the least is 0, of an LSTM of 40 units."""
    return (
        (math.log10(params["rate"]) + 2.2) ** 2
        + 4 * (params["momentum"] - 0.8) ** 2
        + math.log(params["units"] / 40) ** 2
        + {"rnn": 0.6, "gru": 0.3, "lstm": 0.0}[params["cell"]]
        + 4 * (params.get("dropout", 0.2) - 0.2) ** 2
    )


def start(seed: int, trials: int, **more: Any) -> Start:
    return Start(seed=seed, run_seed=seed + 1000, space=SPACE, trials=trials, **more)


def best(config: Any, trials: int, seed: int, *, at_once: int = 4) -> float:
    """The best loss of a study in which two of three trials are stopped after 3 of 9 epochs."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=config.make(start(seed, trials)))
    dice = random.Random(seed)
    losses: list[float] = []
    aboard: list[tuple[optuna.Trial, float]] = []
    while len(losses) < trials or aboard:
        while len(losses) < trials and len(aboard) < at_once:
            trial = study.ask()
            losses.append(loss(drawn(trial)))
            aboard.append((trial, losses[-1] * math.exp(dice.gauss(0, 0.02))))
        trial, value = aboard.pop(0)
        for epoch in (1, 2, 3):
            trial.report(value + 1 / epoch, epoch)
        if value > sorted(losses)[len(losses) // 3]:
            study.tell(trial, state=TrialState.PRUNED)
        else:
            for epoch in range(4, 10):
                trial.report(value + 1 / epoch, epoch)
            study.tell(trial, value + 1 / 9)
    return min(losses)


def drawn(trial: optuna.Trial) -> dict[str, Any]:
    params: dict[str, Any] = {
        "rate": trial.suggest_float("rate", 1e-4, 1e-1, log=True),
        "momentum": trial.suggest_float("momentum", 0, 1),
        "units": trial.suggest_int("units", 4, 64, log=True),
        "cell": trial.suggest_categorical("cell", ["rnn", "gru", "lstm"]),
    }
    if params["cell"] == "lstm":
        params["dropout"] = trial.suggest_float("dropout", 0, 0.6)
    return params


def beats_random(config: Any, trials: int, seeds: range, **how: Any) -> float:
    """How many times the median loss of random search is that of a sampler."""
    ours = median(best(config, trials, seed, **how) for seed in seeds)
    return median(best(RandomConfig(), trials, seed, **how) for seed in seeds) / ours
