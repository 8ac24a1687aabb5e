"""Sequences of unequal length in one tensor: what is valid, and the last valid time step.

The valid time steps of a sequence come first. Padding comes behind them and may hold anything, NaN
included. So it is cut out by choosing (`torch.where`), never by a product: zero times NaN is NaN.
"""

from __future__ import annotations

import torch
from torch import Tensor


def valid_steps(lengths: Tensor, steps: int) -> Tensor:
    """Which of T time steps are valid, bool [K, T, B], for lengths int64 [K, B]."""
    return torch.arange(steps, device=lengths.device).view(1, -1, 1) < lengths.unsqueeze(1)


def seen(inputs: Tensor, valid: Tensor) -> Tensor:
    """Inputs [K, T, B, F], or symbols [K, T, B], with zeros for padding; contiguous."""
    valid = valid.unsqueeze(-1) if inputs.ndim > valid.ndim else valid
    return torch.where(valid, inputs, 0).contiguous()


def last_valid(sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """The last valid time step of each sequence, or the first of an empty one.

    Args:
        sequence: [K, T, B, H].
        lengths: int64 [K, B], or None where all time steps are valid.

    Returns:
        [K, 1, B, H].
    """
    if lengths is None:
        return sequence[:, -1:]
    return sequence.gather(1, _last_index(lengths, sequence))


def spread_last(gradient: Tensor, lengths: Tensor | None, steps: int) -> Tensor:
    """The derivative of `last_valid`: a gradient [K, 1, B, H] at the time step that was taken, and
    zeros at all others, [K, T, B, H]."""
    whole = gradient.new_zeros(len(gradient), steps, *gradient.shape[2:])
    if lengths is None:
        whole[:, -1:] = gradient
        return whole
    return whole.scatter_(1, _last_index(lengths, gradient), gradient)


def last_read(sequence: Tensor, lengths: Tensor | None, directions: int) -> Tensor:
    """The outputs of each direction once it has read the whole sequence, [K, 1, B, H].

    That is the last valid time step, and of the half that reads backwards the first one.
    """
    if directions == 1:
        return last_valid(sequence, lengths)
    onward, back = sequence.chunk(2, -1)
    return torch.cat([last_valid(onward, lengths), back[:, :1]], -1)


def spread_read(gradient: Tensor, lengths: Tensor | None, steps: int, directions: int) -> Tensor:
    """The derivative of `last_read`, [K, T, B, H]."""
    if directions == 1:
        return spread_last(gradient, lengths, steps)
    onward, back = gradient.chunk(2, -1)
    first = torch.zeros_like(back).expand(-1, steps, -1, -1).clone()
    first[:, :1] = back
    return torch.cat([spread_last(onward, lengths, steps), first], -1)


def reversed_steps(sequence: Tensor, lengths: Tensor | None) -> Tensor:
    """[K, T, B, H] with the valid time steps of each sequence in reverse order; padding stays."""
    if lengths is None:
        return sequence.flip(1)
    steps = torch.arange(sequence.shape[1], device=sequence.device).view(1, -1, 1)
    valid = lengths.unsqueeze(1)
    index = torch.where(steps < valid, valid - 1 - steps, steps).unsqueeze(-1)
    return sequence.gather(1, index.expand(len(sequence), -1, -1, sequence.shape[-1]))


def after_last_valid(states: Tensor, lengths: Tensor | None, first: Tensor) -> Tensor:
    """The state after each sequence's last valid time step, [K, B, H].

    Args:
        states: The states after all time steps, [K, T, B, H].
        first: The state of a sequence of length 0, [K, B, H].
    """
    if lengths is None:
        return states[:, -1].clone()
    last = last_valid(states, lengths).squeeze(1)
    return torch.where((lengths > 0).unsqueeze(-1), last, first)


def _last_index(lengths: Tensor, sequence: Tensor) -> Tensor:
    """The last valid time step of each sequence as an index for `gather`, [K, 1, B, H]."""
    members, width = len(sequence), sequence.shape[-1]
    index = (lengths - 1).clamp(min=0).view(len(lengths), 1, -1, 1)
    return index.expand(members, -1, -1, width)
