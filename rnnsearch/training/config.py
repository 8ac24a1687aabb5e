"""How one trial is trained, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Loss
from rnnsearch.tasks.config import TaskConfig

MatmulPrecision = Literal["highest", "high", "medium"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Optimizer, batches and length of one training.

    Attributes:
        loss: What is minimized, one of those that the task allows; None takes the task's own.
        optimizer: `adam`, `adamw` (decoupled weight decay), `rmsprop` or `sgd`, with torch's
            equations.
        learning_rate: Above 0; the schedule multiplies it.
        schedule: `constant`, or over all steps to `max_epochs` half a `cosine` or `one_cycle`, or
            `plateau`: lower whenever the task's first metric has not improved for some epochs.
        warmup: Share of all steps, at their beginning, in which the rate rises; None takes 0.3
            for `one_cycle`, and 0 for the others.
        min_factor: What is left of the rate at the end of `cosine` and `one_cycle`, and at the
            least of `plateau`; 0 to 1.
        patience: Epochs without improvement that `plateau` lets pass.
        reduce_factor: By which `plateau` multiplies the rate.
        weight_decay: At least 0; decoupled for `adamw`, an L2 term for the others.
        beta1: First-moment decay of `adam` and `adamw`, in [0, 1).
        beta2: Second-moment decay of `adam` and `adamw`, in [0, 1).
        momentum: Of `sgd` and `rmsprop`, in [0, 1).
        alpha: Decay of the mean squares of `rmsprop`, in [0, 1).
        batch_size: Sequences (for a text: parallel streams) a step.
        seq_len: Steps of truncated back-propagation; None takes the task's own length.
        steps_per_epoch: Optimizer steps an epoch; None where the data has a natural epoch.
        max_epochs: Epochs at most, ASHA's last rung; never sampled.
        carry_state: Start each step from the state where the last one ended, detached, and
            from zero at each epoch where the task has a natural epoch; else always from zero.
        clip_norm: Largest norm of a trial's whole gradient; None is off.
        clip_value: Largest size of each number of the gradient, cut before the norm is; None is
            off.
        feeding: What stands at the inputs in training, where the outputs predict the inputs to
            come: the truth (`teacher`); at random the truth or the model's own prediction, more
            and more of these (`scheduled`); or own predictions at the last `own_steps` steps of
            each sequence (`own`). The first input is always true.
        teacher_share: Of true inputs in the last epoch of `scheduled`; it falls from 1, by as
            much every epoch.
        own_steps: Of `own`; at least 1.
        input_noise: Standard deviation of the Gaussian noise that training adds to inputs that
            are numbers, in the units of the inputs.
        dtype: Of weights and activations.
        matmul_precision: Of products of float32 matrices on a GPU, in torch's words: `highest`
            keeps all bits, `high` rounds what is multiplied to TF32, `medium` to bfloat16 where
            torch has such products and else as `high`. On a CPU all bits are kept.
    """

    loss: Loss | None = None
    optimizer: Literal["adam", "adamw", "rmsprop", "sgd"] = "adam"
    learning_rate: float = 1e-3
    schedule: Literal["constant", "cosine", "one_cycle", "plateau"] = "constant"
    warmup: float | None = None
    min_factor: float = 0.0
    patience: int = 5
    reduce_factor: float = 0.5
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    momentum: float = 0.0
    alpha: float = 0.99
    batch_size: int = 1
    seq_len: int | None = None
    steps_per_epoch: int | None = None
    max_epochs: int = 20
    carry_state: bool = False
    clip_norm: float | None = None
    clip_value: float | None = None
    feeding: Literal["teacher", "scheduled", "own"] = "teacher"
    teacher_share: float = 0.0
    own_steps: int = 1
    input_noise: float = 0.0
    dtype: Literal["float32", "float64"] = "float32"
    matmul_precision: MatmulPrecision = "highest"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialConfig:
    """All that decides one training: equal configs give equal curves.

    Attributes:
        seed: Of the initial weights, the data order, the dropout masks and the input noise.
    """

    task: TaskConfig
    model: ModelConfig
    training: TrainingConfig
    seed: int
