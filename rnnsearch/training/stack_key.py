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
    """Shapes, and the sequence of operators.

    Attributes:
        rule: Trials of another rule keep other state.
        clips_values: Whether numbers of the gradient are cut.
    """

    task: TaskConfig
    network: NetworkShape
    loss: LossShape
    rule: Rule
    clips_values: bool
    feeding: Feeding
    window: Window
    dtype: str
    matmul_precision: MatmulPrecision


def stack_key(config: TrialConfig, data: TaskData, window: Window) -> StackKey:
    """What a trial shares with the others of its stack.

    Raises:
        PackError: The task cannot be trained so.
    """
    how = config.training
    return StackKey(
        task=config.task,
        network=network_shape(config.model, data.input_size, data.output_size, data.symbolic),
        loss=loss_shape(how.loss, data),
        rule=rule_of(how),
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
        layout: Of any of them: they agree but in the leaves' own axes.
    """

    key: StackKey
    task: Task
    layout: Layout
    device: torch.device

    @cached_property
    def dtype(self) -> torch.dtype:
        """Of weights and activations."""
        found: torch.dtype = getattr(torch, self.key.dtype)
        return found

    @cached_property
    def layers(self) -> Layers:
        """Of one trial, each with the kernel that computes it; the company has no say in it."""
        steps, batch = self.key.window.seq_len or 1, self.key.window.batch_size
        return layers_of(self.key.network, 1, steps, batch, self.device, self.dtype)
