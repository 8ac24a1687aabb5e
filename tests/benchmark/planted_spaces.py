"""Spaces with a known loss, like those of recurrent models, on which samplers are compared."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from rnnsearch.sampling.sobol import value_at

Params = Mapping[str, Any]
DRAWN = 100_000
"""Random configurations among which a loss is ranked."""


@dataclass(frozen=True)
class Planted:
    """A space with a known loss.

    Attributes:
        space: Optuna's distributions in the order of drawing.
        when: Which fields are active in some configurations only, and in which.
        loss: What a configuration comes to.
    """

    space: Mapping[str, BaseDistribution]
    loss: Callable[[Params], float]
    when: Mapping[str, Callable[[Params], bool]]

    def drawn(self, draw: Callable[[str, BaseDistribution], Any]) -> dict[str, Any]:
        """A configuration, of which each active field is drawn after those before it."""
        params: dict[str, Any] = {}
        for name, distribution in self.space.items():
            if name not in self.when or self.when[name](params):
                params[name] = draw(name, distribution)
        return params

    @cached_property
    def losses(self) -> NDArray[np.float64]:
        """The losses of many random configurations, rising."""
        dice = np.random.RandomState(7)
        drawn = (
            self.drawn(lambda name, one: value_at(one, dice.random_sample())) for _ in range(DRAWN)
        )
        return np.sort([self.loss(one) for one in drawn])

    def better(self, loss: float) -> float:
        """Percent of the configurations that are better than a loss."""
        return 100 * (float(np.searchsorted(self.losses, loss)) + 0.5) / DRAWN


def _log(low: float, high: float) -> FloatDistribution:
    return FloatDistribution(low, high, log=True)


def _choice(*members: str) -> CategoricalDistribution:
    return CategoricalDistribution(members)


def _mixed(p: Params) -> float:
    return (
        (math.log10(p["rate"]) + 2.2) ** 2
        + 4 * (p["momentum"] - 0.8) ** 2
        + math.log(p["units"] / 40) ** 2
        + {"rnn": 0.6, "gru": 0.3, "lstm": 0.0}[p["cell"]]
        + 4 * (p.get("dropout", 0.2) - 0.2) ** 2
    )


def _numbers(p: Params) -> float:
    units, rate = math.log2(p["units"] / 8) / 4, (math.log10(p["rate"]) + 4) / 3
    decay, dropout = (math.log10(p["decay"]) + 4) / 4, p["dropout"] / 0.6
    return (
        6 * (rate - 0.85 + 0.4 * units) ** 2
        + (1 - units) ** 2
        + 1.5 * (decay - 0.6) ** 2
        + 2 * (dropout - 0.3 * units) ** 2
        + 0.3 * (p["noise"] / 0.2 - 0.5) ** 2
    )


def _cells(p: Params) -> float:
    best = {"rnn": -2.2, "gru": -1.9, "lstm": -1.7}[p["cell"]]
    return (
        1.2 * (math.log10(p["rate"]) - best) ** 2
        + {"rnn": 0.25, "gru": 0.0, "lstm": 0.1}[p["cell"]]
        + 0.3 * (p.get("nonlinearity") == "relu")
        + 0.25 * math.log2(32 / p["units"])
        + (0.15 + 1.2 * p["dropout"] if p["layers"] == 2 else 0.0)
        + 0.2 * (p["carry"] == "no")
    )


_CELLS = _choice("rnn", "gru", "lstm")
PLANTED = {
    "mixed": Planted(
        {
            "rate": _log(1e-4, 1e-1),
            "momentum": FloatDistribution(0, 1),
            "units": IntDistribution(4, 64, log=True),
            "cell": _CELLS,
            "dropout": FloatDistribution(0, 0.6),
        },
        _mixed,
        {"dropout": lambda p: p["cell"] == "lstm"},
    ),
    "numbers": Planted(
        {
            "rate": _log(1e-4, 1e-1),
            "decay": _log(1e-4, 1),
            "units": IntDistribution(8, 128, log=True),
            "dropout": FloatDistribution(0, 0.6),
            "noise": FloatDistribution(0, 0.2),
        },
        _numbers,
        {},
    ),
    "cells": Planted(
        {
            "cell": _CELLS,
            "nonlinearity": _choice("tanh", "relu"),
            "units": IntDistribution(8, 32, log=True),
            "layers": IntDistribution(1, 2),
            "dropout": FloatDistribution(0, 0.5),
            "rate": _log(1e-4, 1e-1),
            "carry": _choice("yes", "no"),
        },
        _cells,
        {
            "nonlinearity": lambda p: p["cell"] == "rnn",
            "dropout": lambda p: p["layers"] == 2,
        },
    ),
    # 960 configurations, so that one that is proposed may have been tried before.
    "steps": Planted(
        {
            "cell": _CELLS,
            "nonlinearity": _choice("tanh", "relu"),
            "units": CategoricalDistribution((8, 12, 16, 24, 32)),
            "layers": IntDistribution(1, 2),
            "dropout": FloatDistribution(0, 0.4, step=0.1),
            "rate": CategoricalDistribution((1e-3, 3e-3, 1e-2, 3e-2)),
            "carry": _choice("yes", "no"),
        },
        _cells,
        {
            "nonlinearity": lambda p: p["cell"] == "rnn",
            "dropout": lambda p: p["layers"] == 2,
        },
    ),
}
