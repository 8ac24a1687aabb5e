"""How one trial is trained, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Loss
from rnnsearch.tasks.config import TaskConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Optimizer, batches and length of one training.

    Attributes:
        loss: What is minimized, one of those that the task allows; None takes the task's own.
        optimizer: `adam`, `adamw` (decoupled weight decay) or `sgd`, with torch's equations.
        learning_rate: Above 0.
        weight_decay: At least 0; an L2 term for `adam` and `sgd`, decoupled for `adamw`.
        beta1: First-moment decay of `adam` and `adamw`, in [0, 1).
        beta2: Second-moment decay of `adam` and `adamw`, in [0, 1).
        momentum: Of `sgd`, in [0, 1).
        batch_size: Sequences (for a text: parallel streams) a step.
        seq_len: Steps of truncated back-propagation; None takes the task's own length.
        steps_per_epoch: Optimizer steps an epoch; None where the data has a natural epoch.
        max_epochs: Epochs at most, ASHA's last rung; never sampled.
        carry_state: Start each step from the state where the last one ended, detached, and
            from zero at each epoch where the task has a natural epoch; else always from zero.
        clip_norm: Largest norm of a trial's whole gradient; None is off.
        dtype: Of weights and activations.
    """

    loss: Loss | None = None
    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    momentum: float = 0.0
    batch_size: int = 1
    seq_len: int | None = None
    steps_per_epoch: int | None = None
    max_epochs: int = 20
    carry_state: bool = False
    clip_norm: float | None = None
    dtype: Literal["float32", "float64"] = "float32"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialConfig:
    """All that decides one training: equal configs give equal curves.

    Attributes:
        seed: Of the initial weights, the data order and the dropout masks.
    """

    task: TaskConfig
    model: ModelConfig
    training: TrainingConfig
    seed: int
