"""What trials must have in common to be trained as one batched tensor program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch

from rnnsearch.tasks.base import Task, TaskData, Window
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.training.config import MatmulPrecision, TrialConfig
from rnnsearch.training.feeding import Feeding, feeding_of
from rnnsearch.training.layout import Layout
from rnnsearch.training.losses import LossShape, loss_shape
from rnnsearch.training.networks import Layers, layers_of
from rnnsearch.training.optimizers import Rule, rule_of
from rnnsearch.training.shapes import NetworkShape, network_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class StackKey:
    """What decides the shapes of tensors and the sequence of operators: equal for a stack's trials.

    Attributes:
        rule: How weights are updated; it decides which moments a trial keeps.
        averages: Whether the weights are averaged over epochs (`training.average`).
        clips_values: Whether the numbers of a gradient are clipped (`training.clip_value`).
        window: Of the batches.
        dtype: The name of the dtype of weights and activations.
    """

    task: TaskConfig
    network: NetworkShape
    loss: LossShape
    rule: Rule
    averages: bool
    clips_values: bool
    feeding: Feeding
    window: Window
    dtype: str
    matmul_precision: MatmulPrecision


def stack_key(config: TrialConfig, data: TaskData, window: Window) -> StackKey:
    """The key of the stack that a trial belongs to.

    Args:
        window: Of the trial's batches.

    Raises:
        PackError: The task cannot be trained as the config asks.
    """
    how = config.training
    return StackKey(
        task=config.task,
        network=network_shape(config.model, data.input_size, data.output_size, data.symbolic),
        loss=loss_shape(how, data),
        rule=rule_of(how),
        averages=how.average == "ema",
        clips_values=how.clip_value is not None,
        feeding=feeding_of(how, data),
        window=window,
        dtype=how.dtype,
        matmul_precision=how.matmul_precision,
    )


@dataclass(frozen=True, eq=False)
class Shared:
    """What the trials of a stack share, on their device.

    Attributes:
        layout: The layout of any of them; they differ in the leaves' own axes alone.
    """

    key: StackKey
    task: Task
    layout: Layout
    device: torch.device

    @cached_property
    def dtype(self) -> torch.dtype:
        """The dtype of weights and activations."""
        dtype: torch.dtype = getattr(torch, self.key.dtype)
        return dtype

    @cached_property
    def layers(self) -> Layers:
        """The layers of one trial with their kernels, whatever the number of trials."""
        steps, batch = self.key.window.seq_len or 1, self.key.window.batch_size
        return layers_of(self.key.network, 1, steps, batch, self.device, self.dtype)
