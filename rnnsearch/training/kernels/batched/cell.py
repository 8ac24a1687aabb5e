"""What a cell is to the batched kernel: its steps forward, and back.

A file of this folder that is named after a cell has both as `forward` and `backward`. Inside, time
is the first axis, so that the slice of a step is contiguous.
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
    """What a cell's pass back is given.

    Attributes:
        w_hh: [K, G*H, H].
        state: Before the first step.
        hidden_before: The h that each step started from, [T, K, B, H].
        sequences: Of `forward`, as is `kept`.
        arriving: The outputs' gradient, [T, K, B, H].
        last: Those of the state after the last step.
    """

    w_hh: Tensor
    state: State
    hidden_before: Tensor
    sequences: Sequence[Tensor]
    kept: Sequence[Tensor]
    arriving: Tensor
    last: Sequence[Tensor]


class BatchedCell(Protocol):
    """A file of this folder."""

    @staticmethod
    def forward(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[Parts, Parts]:
        """Every part of the state after every step, [T, K, B, H], the outputs first; and what
        else the pass back needs."""

    @staticmethod
    def backward(layer: LayerShape, at: Back) -> tuple[Tensor, Tensor, State]:
        """Gradients of the projected inputs and of the recurrent products, [T, K, B, G*H], the
        same tensor where they are equal; and of the state before the first step."""


def project(inputs: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Inputs [K, T, B, I] through weight [K, R, I] and bias [K, R]; time-major [T, K, B, R]."""
    members, steps, batch, width = inputs.shape
    # Not `baddbmm`: with one input feature some processors fuse its product and sum for one member
    # and not for several, and a trial alone would differ from the same trial in company.
    flat = torch.bmm(inputs.reshape(members, steps * batch, width), weight.transpose(1, 2))
    flat += bias.unsqueeze(1)
    return flat.view(members, steps, batch, -1).transpose(0, 1).contiguous()


def before(first: Tensor, sequence: Tensor) -> Tensor:
    """The states that the steps started from, [T, K, B, H]."""
    return torch.cat([first.unsqueeze(0), sequence[:-1]])
