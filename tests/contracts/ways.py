"""Ways of training a trial, each with a task that it can be trained on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from rnnsearch.tasks.base import Batch, Head, Loss, Part, Predictor, Window
from rnnsearch.tasks.sums import row_sums
from rnnsearch.testing.waves import SYMBOLS, WAVE, WaveData, WaveTask, trial
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.pack import Pack


@dataclass(frozen=True)
class Way:
    """What a trial is trained on, and how.

    Attributes:
        training: Fields of TrainingConfig.
        loss: The task's own.
        ragged: Whether sequences are padded; with what is `padding`.
    """

    training: dict[str, Any] = field(default_factory=dict)
    cell: str = "gru"
    layers: int = 1
    symbolic: bool = False
    loss: Loss | None = None
    quantiles: tuple[float, ...] = ()
    head: Head = "every"
    ragged: bool = False

    def data(self) -> WaveData:
        data = WaveData(self.symbolic)
        data.feedback = self.head == "every" and self.loss is None
        if self.loss is not None:
            data.losses, data.quantiles = (self.loss,), self.quantiles
        data.output_size *= max(1, len(self.quantiles))
        return data

    def task(self, dtype: torch.dtype, padding: float = torch.nan) -> WayTask:
        return WayTask(self, self.data(), dtype, padding)

    def pack(self, padding: float = torch.nan) -> Pack:
        return Pack(
            {SYMBOLS if self.symbolic else WAVE: self.data()},
            objective="train_loss",
            tasks=lambda config, data, device, dtype: self.task(dtype, padding),
        )

    def trial(self, seed: int = 1, **training: Any) -> TrialConfig:
        model = {"cell": self.cell, "hidden_size": 11, "num_layers": self.layers}
        task = SYMBOLS if self.symbolic else WAVE
        return trial(seed, task=task, model=model, **{**self.training, **training})


class WayTask(WaveTask):
    """`WaveTask` with padding, answers at the last step, and targets for any loss."""

    def __init__(self, way: Way, data: WaveData, dtype: torch.dtype, padding: float) -> None:
        super().__init__(data, dtype)
        self.way, self.head, self.padding = way, way.head, padding

    def gather(self, index: Tensor, window: Window) -> Batch:
        batch = super().gather(index, window)
        inputs, targets = batch.inputs.clone(), batch.targets.clone()
        if self.way.loss == "bce":
            targets = (targets > 0).to(targets.dtype)
        steps = inputs.shape[1]
        lengths = torch.full(index.shape, steps)
        if self.way.ragged:
            lengths = 1 + index % steps
            padded = torch.arange(steps).view(1, -1, 1) >= lengths.unsqueeze(1)
            nothing = -1 if self.data.symbolic else self.padding
            inputs[padded], targets[padded] = nothing, nothing
        if self.head == "last":
            last = lengths.unsqueeze(1) - 1
            last = last if self.data.symbolic else last.unsqueeze(-1)
            targets = targets.gather(1, last)
        return Batch(inputs, targets, lengths if self.way.ragged else None)

    def evaluate(
        self, predictor: Predictor, part: Part, carried: tuple[Tensor, ...] | None
    ) -> dict[str, Tensor]:
        """The middle output against the next point, over a hundred points or the first sixty."""
        if self.data.symbolic and self.head == "every":
            return super().evaluate(predictor, part, carried)
        if self.data.symbolic:
            outputs, _ = predictor(self.symbols[:100].view(1, -1, 1), None)
            logs = torch.log_softmax(outputs.double(), -1)
            return {"val_nats": -logs[:, 0, 0, self.symbols[100]]}
        lengths = torch.tensor([[60]]) if self.way.ragged else None
        count = 60 if self.way.ragged else 100
        outputs, _ = predictor(self.values[:100].view(1, -1, 1, 1), None, lengths)
        said = outputs[:, -1:] if self.head == "last" else outputs[:, :count]
        truth = (
            self.values[count : count + 1] if self.head == "last" else self.values[1 : count + 1]
        )
        middle = said[..., said.shape[-1] // 2].double()
        wrong = middle - truth.double().view(1, -1, 1)
        return {"val_mse": row_sums(wrong.square()) / wrong[0].numel()}


WAYS = {
    "rmsprop": Way({"optimizer": "rmsprop", "learning_rate": 1e-3}),
    "rmsprop-momentum": Way(
        {"optimizer": "rmsprop", "learning_rate": 1e-3, "momentum": 0.5, "weight_decay": 0.01},
        cell="lstm",
    ),
    "clip-value": Way({"clip_value": 0.02, "clip_norm": 0.05, "optimizer": "sgd"}),
    "clip-value-symbols": Way({"clip_value": 0.02}, symbolic=True),
    "warm-up": Way({"warmup": 0.4}, cell="lstm"),
    "cosine": Way({"schedule": "cosine", "min_factor": 0.1, "optimizer": "adamw"}, cell="rnn"),
    "cosine-symbols": Way({"schedule": "cosine", "weight_decay": 0.1}, symbolic=True),
    "one-cycle": Way({"schedule": "one_cycle", "min_factor": 0.01, "optimizer": "sgd"}),
    "plateau": Way(
        {"schedule": "plateau", "patience": 0, "reduce_factor": 0.3, "learning_rate": 0.1},
    ),
    "l1": Way({"loss": "l1", "optimizer": "sgd"}),
    "huber": Way({"loss": "huber"}, layers=2),
    "bce": Way(loss="bce", cell="lstm"),
    "quantile": Way(loss="quantile", quantiles=(0.1, 0.5, 0.9)),
    "ragged": Way(ragged=True, cell="lstm", layers=2),
    "ragged-symbols": Way(ragged=True, symbolic=True),
    "ragged-quantile": Way(ragged=True, loss="quantile", quantiles=(0.1, 0.5, 0.9)),
    "last": Way(head="last", cell="rnn"),
    "last-symbols": Way(head="last", symbolic=True, cell="lstm"),
    "last-ragged": Way(head="last", ragged=True, layers=2),
    "last-ragged-bce": Way(head="last", ragged=True, loss="bce", cell="lstm"),
    "own": Way({"feeding": "own", "own_steps": 4}, cell="lstm", layers=2),
    "own-carried": Way({"feeding": "own", "own_steps": 20, "carry_state": True}),
    "own-symbols": Way({"feeding": "own", "own_steps": 4}, symbolic=True),
    "scheduled": Way({"feeding": "scheduled", "teacher_share": 0.2}, layers=2),
    "scheduled-ragged": Way({"feeding": "scheduled"}, ragged=True),
    "scheduled-symbols": Way({"feeding": "scheduled"}, symbolic=True, cell="lstm"),
    "noise": Way({"input_noise": 0.3}, cell="lstm"),
}
