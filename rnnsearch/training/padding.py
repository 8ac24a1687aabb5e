"""Sequences of unequal length in one tensor: what is valid, and the last valid step.

The valid steps come first; padding comes behind them and may hold anything, NaN included. It is
cut out by choosing (`torch.where`), never by a product, since zero times NaN is NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor


def valid_steps(lengths: Tensor, steps: int) -> Tensor:
    """Which of T steps are valid, bool [K, T, B], of lengths int64 [K, B]."""
    return torch.arange(steps, device=lengths.device).view(1, -1, 1) < lengths.unsqueeze(1)


def seen(inputs: Tensor, valid: Tensor) -> Tensor:
    """Inputs [K, T, B, F], or symbols [K, T, B], with zeros for padding; contiguous."""
    valid = valid.unsqueeze(-1) if inputs.ndim > valid.ndim else valid
    return torch.where(valid, inputs, 0).contiguous()


def last_valid(sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """Each sequence's last valid step, [K, 1, B, H] of [K, T, B, H]; the first of an empty one."""
    if lengths is None:
        return sequence[:, -1:]
    return sequence.gather(1, _last_index(lengths, sequence))


def spread_last(slopes: Tensor, lengths: Tensor | None, steps: int) -> Tensor:
    """The derivative of `last_valid`: [K, 1, B, H] at its step, zeros elsewhere, [K, T, B, H]."""
    whole = slopes.new_zeros(len(slopes), steps, *slopes.shape[2:])
    if lengths is None:
        whole[:, -1:] = slopes
        return whole
    return whole.scatter_(1, _last_index(lengths, slopes), slopes)


def _last_index(lengths: Tensor, sequence: Tensor) -> Tensor:
    members, width = len(sequence), sequence.shape[-1]
    index = (lengths - 1).clamp(min=0).view(len(lengths), 1, -1, 1)
    return index.expand(members, -1, -1, width)
