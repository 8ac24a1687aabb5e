"""What the batched kernel needs of a cell: all its time steps forward, and back.

The module that a cell's entry in `models.cells` names for `batched` has both, as `forward` and
`backward`. Inside, time is the first axis, so that the numbers of a time step are contiguous.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import LayerShape, State

Parts = tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Back:
    """What a cell's backward pass is given.

    Attributes:
        w_hh: [K, G*H, H].
        state: The state before the first time step.
        hidden_before: The h before each time step, [T, K, B, H].
        sequences: The first of the two results of `forward`.
        kept: The second one.
        arriving: The gradient in the outputs, [T, K, B, H].
        last: The gradients in the state after the last time step.
    """

    w_hh: Tensor
    state: State
    hidden_before: Tensor
    sequences: Sequence[Tensor]
    kept: Sequence[Tensor]
    arriving: Tensor
    last: Sequence[Tensor]


class BatchedCell(Protocol):
    """The functions of such a module."""

    @staticmethod
    def forward(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[Parts, Parts]:
        """Every part of the state after every time step, [T, K, B, H], the outputs first; and
        whatever else the backward pass needs."""

    @staticmethod
    def backward(layer: LayerShape, at: Back) -> tuple[Tensor, Tensor, State]:
        """The gradients in the projected inputs and in the recurrent products, [T, K, B, G*H] each
        (the same tensor if they are equal), and in the state before the first time step."""


def project(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Inputs [K, T, B, I] through weight [K, R, I] and bias [K, R]; time-major [T, K, B, R]."""
    members, steps, batch, width = inputs.shape
    # Not `baddbmm`: with one input feature some processors fuse its product and sum for one member
    # and not for several, and a trial alone would differ from the same trial in company.
    flat = torch.bmm(inputs.reshape(members, steps * batch, width), weight.transpose(1, 2))
    flat += bias.unsqueeze(1)
    return flat.view(members, steps, batch, -1).transpose(0, 1).contiguous()


def before(first: Tensor, sequence: Tensor) -> Tensor:
    """The state before every time step, [T, K, B, H]."""
    return torch.cat([first.unsqueeze(0), sequence[:-1]])
