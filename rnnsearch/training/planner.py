"""What the next steps of neighbouring rows need, computed for many steps at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from rnnsearch.errors import PackError
from rnnsearch.tasks.base import Batch, Task, Window
from rnnsearch.training import dropout
from rnnsearch.training.config import TrialConfig
from rnnsearch.training.forward import NetworkShape

AHEAD_BYTES = 1 << 20
"""Inputs, targets and masks that are computed at once for the steps to come: many steps an
operator where they are small, and no more than stays in the cache."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is known before n steps are taken."""

    batch: Batch
    """Of n steps, [n, K, ...]."""
    masks: list[Tensor]
    """One a layer that is dropped, [n, K, T, B, H]."""


class Planner:
    """Batches and dropout masks of the steps to come.

    Args:
        configs: Of the trials in these rows.
        rows: `seed` and `total` of the trials, views.
        most_ahead: Steps that may be planned at once.
    """

    def __init__(
        self,
        configs: Sequence[TrialConfig],
        rows: Mapping[str, Tensor],
        *,
        task: Task,
        network: NetworkShape,
        window: Window,
        dtype: torch.dtype,
        most_ahead: int,
    ) -> None:
        self._task = task
        self._network = network
        self._window = window
        self._rows = rows
        self._dtype = dtype
        self._carries = any(config.training.carry_state for config in configs)
        device = rows["seed"].device
        drops = torch.tensor([c.model.dropout for c in configs], dtype=torch.float64)
        self._dropped = network.num_layers - 1 if bool(drops.any()) else 0
        """Layers whose outputs are dropped; a trial without dropout multiplies by one."""
        self._limits = dropout.thresholds(drops).to(device)
        self._scales = (1 / (1 - drops)).to(device, dtype)
        self._elements: Tensor | None = None
        width = network.input_size + network.output_size
        width = (2 if network.symbolic else width) + self._dropped * network.hidden_size
        numbers = (window.seq_len or 64) * window.batch_size * width * len(configs)
        self.ahead = max(1, min(most_ahead, AHEAD_BYTES // (8 * numbers)))
        """Steps that are planned at once."""

    def plan(self, index: Tensor) -> Plan:
        """For steps along an index [n, K, B].

        Raises:
            PackError: The task gave what was not asked for, or padded sequences of trials that
                carry their state.
        """
        steps, members, batch = index.shape
        found = self._task.gather(index.reshape(steps * members, batch), self._window)
        self._check(found.inputs, steps * members, batch)
        if found.lengths is not None and self._carries:
            raise PackError(
                "training.carry_state cannot be true here: the task's sequences are whole and of"
                " unequal length, so no state leads from one to the next"
            )
        shape = (steps, members, *found.inputs.shape[1:3], self._network.hidden_size)
        masks = [self._masks(layer, shape) for layer in range(self._dropped)]
        return Plan(found.in_steps(steps), masks)

    def _check(self, inputs: Tensor, sequences: int, batch: int) -> None:
        """Kernels trust the shapes that they are given."""
        network = self._network
        inner = () if network.symbolic else (network.input_size,)
        wanted = (sequences, inputs.shape[1], batch, *inner)
        kind = torch.int64 if network.symbolic else self._dtype
        if tuple(inputs.shape) != wanted or inputs.dtype != kind:
            raise PackError(
                f"the task gave inputs of shape {tuple(inputs.shape)} in {inputs.dtype} where"
                f" {wanted} in {kind} was asked for"
            )

    def _masks(self, layer: int, shape: tuple[int, ...]) -> Tensor:
        """Factors of a layer's outputs, [n, K, T, B, H], for the next n steps."""
        steps, count = shape[0], math.prod(shape[2:])
        device = self._limits.device
        if self._elements is None or len(self._elements) != count:
            self._elements = dropout.element_bits(count, device)
        numbers = self._rows["total"] + torch.arange(steps, device=device).unsqueeze(1)
        keys = dropout.layer_keys(self._rows["seed"], numbers, layer).view(-1)
        limits, scales = self._limits.repeat(steps), self._scales.repeat(steps)
        return dropout.mask(keys, limits, scales, self._elements).view(shape)
