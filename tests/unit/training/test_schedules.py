"""Factors of the learning rate against torch's own schedulers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from rnnsearch.goal import Goal
from rnnsearch.training.config import TrainingConfig
from rnnsearch.training.schedules import Plateau, epoch_factors

EPOCHS, STEPS, RATE = 6, 7, 0.03
TOTAL = EPOCHS * STEPS


def ours(**how: Any) -> list[float]:
    config = TrainingConfig(max_epochs=EPOCHS, learning_rate=RATE, **how)
    found: list[float] = []
    for epoch in range(EPOCHS):
        factors = epoch_factors(config, epoch * STEPS, STEPS, Plateau())
        found += [1.0] * STEPS if factors is None else factors.tolist()
    return [RATE * factor for factor in found]


def optimizer() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], RATE)


def theirs(given: torch.optim.Optimizer, scheduler: Any) -> list[float]:
    found = []
    for _ in range(TOTAL):
        found.append(given.param_groups[0]["lr"])
        given.step()
        scheduler.step()
    return found


def test_constant_is_no_factor():
    assert epoch_factors(TrainingConfig(), 0, 10, Plateau()) is None
    assert ours() == [RATE] * TOTAL


@pytest.mark.parametrize("least", [0.0, 0.1])
def test_cosine_is_torchs(least):
    given = optimizer()
    wanted = theirs(given, lr_scheduler.CosineAnnealingLR(given, TOTAL, eta_min=least * RATE))
    assert ours(schedule="cosine", min_factor=least) == pytest.approx(wanted, rel=1e-12, abs=1e-15)


@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step")
def test_warm_up_is_torchs():
    warm = int(0.25 * TOTAL)
    given = optimizer()
    rising = lr_scheduler.LinearLR(given, 1 / (warm + 1), total_iters=warm)
    falling = lr_scheduler.CosineAnnealingLR(given, TOTAL - warm)
    wanted = theirs(given, lr_scheduler.SequentialLR(given, [rising, falling], [warm]))
    assert ours(schedule="cosine", warmup=0.25) == pytest.approx(wanted, rel=1e-12, abs=1e-15)
    given = optimizer()
    wanted = theirs(given, lr_scheduler.LinearLR(given, 1 / (warm + 1), total_iters=warm))
    assert ours(warmup=0.25) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("share", "least"), [(None, 1e-3), (0.5, 0.01), (0.1, 0.2)])
def test_one_cycle_is_torchs(share, least):
    given = optimizer()
    scheduler = lr_scheduler.OneCycleLR(
        given,
        RATE,
        total_steps=TOTAL,
        pct_start=0.3 if share is None else share,
        final_div_factor=1 / 25 / least,
        cycle_momentum=False,
    )
    wanted = []
    for step in range(TOTAL):
        wanted.append(given.param_groups[0]["lr"])
        given.step()
        if step < TOTAL - 1:  # it refuses more
            scheduler.step()
    found = ours(schedule="one_cycle", warmup=share, min_factor=least)
    assert found == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("share", [0.0, 1 / TOTAL, 0.99])
def test_one_cycle_without_a_rise_or_a_fall_is_finite(share):
    found = ours(schedule="one_cycle", warmup=share)
    assert all(math.isfinite(rate) and 0 <= rate <= RATE for rate in found)


@pytest.mark.parametrize("goal", [Goal.MINIMIZE, Goal.MAXIMIZE])
@pytest.mark.parametrize(("patience", "least"), [(0, 0.0), (2, 0.1), (3, 0.3)])
def test_plateau_is_torchs(goal, patience, least):
    config = TrainingConfig(
        schedule="plateau",
        learning_rate=RATE,
        patience=patience,
        reduce_factor=0.4,
        min_factor=least,
    )
    given = optimizer()
    scheduler = lr_scheduler.ReduceLROnPlateau(
        given,
        "min" if goal == Goal.MINIMIZE else "max",
        factor=0.4,
        patience=patience,
        min_lr=least * RATE,
    )
    dice = np.random.default_rng(3)
    plateau = Plateau()
    for epoch in range(60):
        trend = 1 / (epoch + 1) if goal == Goal.MINIMIZE else epoch / (epoch + 1)
        metric = float(round(trend + 0.05 * dice.standard_normal(), 2))
        given.step()
        scheduler.step(metric)
        plateau = plateau.after(metric, goal, config)
        wanted = given.param_groups[0]["lr"]
        assert plateau.factor * RATE == pytest.approx(wanted, rel=1e-12)
        factors = epoch_factors(config, 100, 3, plateau)
        assert factors is not None
        assert set(factors.tolist()) == {plateau.factor}
    assert plateau.factor < 1
