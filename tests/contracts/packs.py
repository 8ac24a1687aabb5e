"""Losses of packs step by step, beside those of a plain loop over torch's own module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from contracts.plain_torch import PlainTorch

from rnnsearch.testing.waves import STEPS, SYMBOLS, WaveData, WaveTask, curve, drain, wave_pack
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.pack import Pack


def step_losses(config: TrialConfig, steps: int = STEPS, pack: Pack | None = None) -> list[float]:
    """The training loss of every step out of a pack: epochs of one step each.

    Only for trials whose data order does not depend on `steps_per_epoch`: the index of the plain
    loop is asked for in the same way.
    """
    pack = wave_pack() if pack is None else pack
    single = replace(config, training=replace(config.training, steps_per_epoch=1))
    pack.add("trial", single)
    step = drain(pack, {"trial": steps})
    assert not step.refusals
    return [metrics["train_loss"] for metrics in curve(step)]


def plain_losses(
    config: TrialConfig, steps: int = STEPS, task: WaveTask | None = None
) -> list[float]:
    """The same by `PlainTorch`."""
    single = replace(config, training=replace(config.training, steps_per_epoch=1))
    if task is None:
        data = WaveData(symbolic=config.task == SYMBOLS)
        task = WaveTask(data, getattr(torch, config.training.dtype))
    return PlainTorch(single, task).losses(steps)


def relative(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The largest relative difference."""
    assert len(ours) == len(theirs) > 0
    return max(abs(a - b) / max(abs(b), 1e-30) for a, b in zip(ours, theirs, strict=True))
