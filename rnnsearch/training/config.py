"""How one trial is trained, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from rnnsearch.models.config import AnyModel
from rnnsearch.tasks.base import Loss
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.training.optimizer_class import optimizer_arguments, settings_of
from rnnsearch.vocabulary import (
    Arguments,
    ArgumentValues,
    CustomClass,
    CustomFunction,
    FreeValue,
    NamedNumbers,
    Needs,
    NeverSampled,
    Range,
)

MatmulPrecision = Literal["highest", "high", "medium"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """Optimizer, batches and length of one training."""

    loss: Annotated[
        Loss | CustomFunction | None,
        "What is minimized, one of those that the task allows, or your own function, "
        "`package.module:function`; None takes the task's own.",
    ] = None
    class_weights: Annotated[
        Literal["balanced"] | NamedNumbers | None,
        "Where answers are classes: `balanced` multiplies the loss of each answer with "
        "answers / (classes * answers of its class) in the training part, so that rare classes "
        "count as much as frequent ones. A mapping of classes to numbers, such as "
        "{cat: 2.0, dog: 1.0}, weighs by these, and classes that it does not name by 1, all scaled "
        "so that the mean over the training answers is 1. Metrics are not weighted. None weighs "
        "all alike.",
        Range(0, 1_000_000),
    ] = None
    optimizer: Annotated[
        Literal["adam", "adamw", "rmsprop", "sgd"] | CustomClass,
        "`adam`, `adamw` (decoupled weight decay), `rmsprop` or `sgd`, with torch's equations; or "
        "your own, `package.module:Class`, on a slow path.",
    ] = "adam"
    optimizer_args: Annotated[
        ArgumentValues,
        "Arguments of the constructor of your own optimizer, but for `lr`, `weight_decay` and "
        "`momentum`, which are keys of training.",
        Arguments("optimizer", optimizer_arguments, settings_of),
    ] = ()
    learning_rate: Annotated[float, "The schedule multiplies it.", Range(above=0, most=1e6)] = 1e-3
    schedule: Annotated[
        Literal["constant", "cosine", "one_cycle", "plateau"],
        "`constant`, or over all training steps to `max_epochs` half a `cosine` or `one_cycle`, or "
        "`plateau`: lower whenever the task's first metric has not improved for some epochs.",
    ] = "constant"
    warmup: Annotated[
        float | None,
        "Share of all training steps, at their beginning, in which the rate rises; None takes 0.3 "
        "for `one_cycle`, and 0 for the others.",
        Range(0, below=1),
    ] = None
    min_factor: Annotated[
        float,
        "What is left of the rate at the end of `cosine` and `one_cycle`, and at the least of "
        "`plateau`.",
        Range(0, 1),
        Needs("schedule", ("cosine", "one_cycle", "plateau")),
    ] = 0.0
    patience: Annotated[
        int,
        "Epochs without improvement that `plateau` lets pass.",
        Range(0, 1_000_000, unit="epochs"),
        Needs("schedule", ("plateau",)),
    ] = 5
    reduce_factor: Annotated[
        float,
        "By which `plateau` multiplies the rate.",
        Range(above=0, below=1),
        Needs("schedule", ("plateau",)),
    ] = 0.5
    changes: Annotated[
        NamedNumbers | None,
        "Values that settings take as the training goes on: {learning_rate@5: 0.004} is the "
        "learning rate once 5 epochs are finished, with the weights and the optimizer's moments as "
        "they are then. What may change is learning_rate, weight_decay, beta1, beta2, momentum, "
        "alpha, clip_norm, clip_value, input_noise, dropout and head_dropout.",
        Range(0, 1e30),
        NeverSampled("it is the schedule of a whole training"),
    ] = None
    weight_decay: Annotated[
        float, "Decoupled for `adamw`, an L2 term for the others.", Range(0, 1e6)
    ] = 0.0
    beta1: Annotated[
        float,
        "First-moment decay of `adam` and `adamw`.",
        Range(0, below=1),
        Needs("optimizer", ("adam", "adamw")),
    ] = 0.9
    beta2: Annotated[
        float,
        "Second-moment decay of `adam` and `adamw`.",
        Range(0, below=1),
        Needs("optimizer", ("adam", "adamw")),
    ] = 0.999
    momentum: Annotated[
        float,
        "Momentum of `sgd` and `rmsprop`.",
        Range(0, below=1),
        Needs("optimizer", ("sgd", "rmsprop")),
    ] = 0.0
    alpha: Annotated[
        float,
        "Decay of the mean squares of `rmsprop`.",
        Range(0, below=1),
        Needs("optimizer", ("rmsprop",)),
    ] = 0.99
    batch_size: Annotated[
        int,
        "Sequences (for a text: parallel streams) a training step.",
        Range(1, 1_000_000, unit="sequences"),
    ] = 1
    seq_len: Annotated[
        int | None,
        "Time steps of truncated back-propagation; None takes the task's own length.",
        Range(1, 1_000_000, unit="steps"),
    ] = None
    steps_per_epoch: Annotated[
        int | None,
        "Training steps an epoch; None where the data has a natural epoch.",
        Range(1, 100_000_000, unit="steps"),
    ] = None
    max_epochs: Annotated[
        int,
        "Epochs at most, ASHA's last rung.",
        Range(1, 1_000_000, unit="epochs"),
        NeverSampled("it is the last rung of every trial"),
    ] = 20
    carry_state: Annotated[
        bool,
        "Start each batch from the state where the last one ended, detached, and from zero at each "
        "epoch where the task has a natural epoch; else always from zero.",
    ] = False
    clip_norm: Annotated[
        float | None,
        "Largest norm of a trial's whole gradient; None is off.",
        Range(above=0, most=1e30),
    ] = None
    clip_value: Annotated[
        float | None,
        "Largest size of each number of the gradient, cut before the norm is; None is off.",
        Range(above=0, most=1e30),
    ] = None
    average: Annotated[
        Literal["none", "ema"],
        "Which weights are evaluated after an epoch, and kept: those that it ended with (`none`), "
        "or an exponential moving average over the ends of epochs (`ema`), which nothing is "
        "trained on.",
    ] = "none"
    average_decay: Annotated[
        float,
        "Share of the average that each epoch keeps; 0.8 is about the last five epochs.",
        Range(0, below=1),
        Needs("average", ("ema",)),
    ] = 0.8
    feeding: Annotated[
        Literal["teacher", "scheduled", "own"],
        "What stands at the inputs in training, where the outputs predict the inputs to come: the "
        "truth (`teacher`); at random the truth or the model's own prediction, more and more of "
        "these (`scheduled`); or own predictions at the last `own_steps` time steps of each "
        "sequence (`own`). The first input is always true.",
    ] = "teacher"
    teacher_share: Annotated[
        float,
        "Share of true inputs in the last epoch of `scheduled`; it falls from 1 in equal steps.",
        Range(0, 1),
        Needs("feeding", ("scheduled",)),
    ] = 0.0
    own_steps: Annotated[
        int,
        "How many of the last time steps of each sequence `own` feeds predictions to.",
        Range(1, 1_000_000, unit="steps"),
        Needs("feeding", ("own",)),
    ] = 1
    input_noise: Annotated[
        float,
        "Standard deviation of the Gaussian noise that training adds to inputs that are numbers, "
        "in the units of the inputs.",
        Range(0, 1e6),
    ] = 0.0
    dtype: Annotated[
        Literal["float32", "float64"], "The number format of weights and activations."
    ] = "float32"
    matmul_precision: Annotated[
        MatmulPrecision,
        "Of products of float32 matrices on a GPU, in torch's words: `highest` keeps all bits, "
        "`high` rounds what is multiplied to TF32, `medium` to bfloat16 where torch has such "
        "products and else as `high`. On a CPU all bits are kept.",
    ] = "highest"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialConfig:
    """All that decides one training: equal configs give equal curves.

    Attributes:
        seed: Decides the initial weights, the order of the data, the dropout masks and the noise.
        params: The free keys of a training script with their values; of any other task nothing.
    """

    task: TaskConfig
    model: AnyModel
    training: TrainingConfig
    seed: int
    params: tuple[tuple[str, FreeValue], ...] = ()
