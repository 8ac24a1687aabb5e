"""What every pack promises of a trial's numbers, and a small task to promise it on.

`WaveData` and `WaveTask` are a whole task, written by hand: noisy waves, drawn per trial.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Batch, Head, Loss, Metric, Part, Predictor, Score, State, Window
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.tasks.sums import row_sums
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack
from rnnsearch.training.report import SliceResult, joined
from rnnsearch.training.snapshot import TrialSnapshot

WAVE = SineConfig(num_points=10)
POISONED = SineConfig(num_points=10, duration=11.0)
"""The same task, but trials of an odd seed read NaN from their fourth step on."""
SYMBOLS = TextConfig(text="abcdefg")
STEPS = 20


class WaveData:
    """Points of a wave with two harmonics, or the same as five symbols."""

    whole_sequence = False

    def __init__(self, symbolic: bool = False, points: int = 400) -> None:
        self.symbolic = symbolic
        self.input_size = 5 if symbolic else 1
        self.output_size = 5 if symbolic else 1
        self.losses: tuple[Loss, ...] = ("cross_entropy",) if symbolic else ("mse", "l1", "huber")
        self.quantiles: tuple[float, ...] = ()
        self.feedback = True
        time = np.arange(points)
        self.values = np.sin(0.3 * time) + 0.3 * np.cos(0.71 * time)

    def rows(self) -> dict[Part, int]:
        return {"train": len(self.values), "val": len(self.values)}

    def sha256(self) -> str:
        return "0" * 64

    def notes(self) -> Sequence[str]:
        return ()

    def metrics(self) -> Sequence[Metric]:
        name = "val_nats" if self.symbolic else "val_mse"
        return (Metric(name, "", "minimize", "of the first hundred points"),)

    def window_problem(self, window: Window) -> str | None:
        if (window.seq_len or 9) < 400:
            return None
        return f"a window of {window.seq_len} points is longer than the wave's 400"

    def baselines(self) -> Sequence[Score]:
        return ()

    def manifest(self) -> dict[str, Any]:
        return {}


class WaveTask:
    """Predict the next point from any start; an epoch is `steps_per_epoch` drawn batches."""

    def __init__(
        self,
        data: WaveData,
        dtype: torch.dtype,
        *,
        natural_epoch: bool = False,
        poisoned: bool = False,
        device: torch.device | str = "cpu",
    ) -> None:
        self.data = data
        self.head: Head = "every"
        self.natural_epoch = natural_epoch
        self.poisoned = poisoned
        self.values = torch.from_numpy(data.values).to(device, dtype)
        self.symbols = ((self.values + 1.3) / 2.6 * 5).long().clamp(0, 4)

    def epoch_index(self, seed: int, epoch: int, window: Window) -> np.ndarray:
        steps, length = window.steps_per_epoch or STEPS, window.seq_len or 9
        drawn = np.random.default_rng([seed, epoch])
        index = drawn.integers(0, 400 - length - 1, (steps, window.batch_size))
        if self.poisoned and seed % 2:
            index[3:] = -1
        return index

    def gather(self, index: Tensor, window: Window) -> Batch:
        length = window.seq_len or 9
        ramp = torch.arange(length + 1, device=index.device).view(1, -1, 1)
        where = index.clamp(0).unsqueeze(1) + ramp
        if self.data.symbolic:
            return Batch(self.symbols[where[:, :-1]], self.symbols[where[:, 1:]])
        values = self.values[where].unsqueeze(-1)
        inputs = torch.where((index < 0)[:, None, :, None], torch.nan, values[:, :-1])
        return Batch(inputs, values[:, 1:])

    def evaluate(self, predictor: Predictor, part: Part, carried: State) -> dict[str, Tensor]:
        if carried is not None:
            assert all(len(x) == predictor.size for x in carried)
        if self.data.symbolic:
            outputs, _ = predictor(self.symbols[:100].view(1, -1, 1), None)
            targets = self.symbols[1:101].view(1, -1, 1, 1).expand(predictor.size, -1, 1, 1)
            picked = torch.log_softmax(outputs.double(), -1).gather(-1, targets)
            return {"val_nats": -row_sums(picked) / 100}
        outputs, _ = predictor(self.values[:100].view(1, -1, 1, 1), None)
        wrong = outputs.double() - self.values[1:101].double().view(1, -1, 1, 1)
        return {"val_mse": row_sums(wrong.square()) / 100}


def build_wave(config: Any, data: Any, device: torch.device, dtype: torch.dtype) -> WaveTask:
    """Fits `Pack(tasks=...)`."""
    return WaveTask(data, dtype, poisoned=config == POISONED, device=device)


def wave_pack(**kwargs: Any) -> Pack:
    symbols = WaveData(symbolic=True)
    data: dict[Any, Any] = {WAVE: WaveData(), POISONED: WaveData(), SYMBOLS: symbols}
    return Pack(data, **{"objective": "train_loss", "tasks": build_wave, **kwargs})


def trial(seed: int = 0, *, task: Any = WAVE, model: Any = None, **training: Any) -> TrialConfig:
    """A small trial; `model` holds fields of ModelConfig, the rest those of TrainingConfig."""
    chosen = {"hidden_size": 11, "cell": "lstm", **(model or {})}
    how = {"learning_rate": 1e-2, "steps_per_epoch": STEPS, "batch_size": 2, **training}
    return TrialConfig(
        task=task, model=ModelConfig(**chosen), training=TrainingConfig(**how), seed=seed
    )


def neighbours(config: TrialConfig) -> dict[str, TrialConfig]:
    """Seven trials that share a stack with `config` or stand beside it, each unlike it."""
    model, how = config.model, config.training
    assert isinstance(model, ModelConfig)
    other = replace(config, seed=config.seed + 100)
    return {
        "seed": other,
        "wild": replace(other, training=replace(how, learning_rate=1e6)),
        "wide": replace(other, model=replace(model, hidden_size=16)),
        "narrow": replace(other, model=replace(model, hidden_size=3)),
        "clipped": replace(other, training=replace(how, clip_norm=0.1, weight_decay=0.1)),
        "carried": replace(other, training=replace(how, carry_state=not how.carry_state)),
        "apart": replace(other, model=replace(model, num_layers=3 - model.num_layers)),
    }


def add_all(pack: Pack, states: Mapping[str, TrialSnapshot]) -> None:
    """Let every trial of a pack's `state` go on in another pack."""
    for name, state in states.items():
        pack.add(name, state.config, state)


def drain(pack: Pack, limits: Mapping[str, int], seconds: float = 60.0) -> SliceResult:
    """Train until every trial waits."""
    results = [pack.train(limits, seconds)]
    while any(epoch < limits.get(name, 0) for name, epoch in pack.roster.items()):
        results.append(pack.train(limits, seconds))
    return joined(results, results[-1].seconds)


def curve(step: SliceResult, name: str = "trial") -> list[dict[str, float]]:
    return [dict(report.metrics) for report in step.reports if report.trial_id == name]


def alone(config: TrialConfig, epochs: int = 2, **kwargs: Any) -> list[dict[str, float]]:
    """The trial's curve in a pack of its own."""
    pack = wave_pack(**kwargs)
    pack.add("trial", config)
    return curve(drain(pack, {"trial": epochs}))
