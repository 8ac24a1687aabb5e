"""All steps of a linear recurrence at once: h_t = a_t h_(t-1) + b_t, unit by unit.

By doubling (Hillis and Steele, 1986): after round k every place holds what the last 2^k steps
sum up to, so T steps take log2(T) rounds of whole-sequence operators instead of T small ones.
The backward pass is the same scan from the end. Nothing of the rounds is kept: memory is linear
in the steps, where a derivative traced through the rounds would keep log2(T) times as much, and
an associative scan that forms products of pairs of steps T times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnnsearch.training.kernels.products import column_sums, flat

Pair = tuple[Tensor, Tensor]
"""Real and imaginary parts."""

LOOPED = 512
"""Numbers a time step and member (sequences times units) from which a CPU loops over the time
steps:
doubling does log2(T) times the arithmetic and gains where dispatch is what costs. One core, 64
steps, float32, one member: 5.0 times the loop's speed at 16 numbers a step, 3.0 at 512, 1.1 at
2,048, 0.5 at 4,096; eight members: 4.4 at 16, 0.4 at 512."""


def _looped(values: Tensor) -> bool:
    return values.device.type == "cpu" and values.shape[2] * values.shape[3] >= LOOPED


def scan(decay: Tensor, values: Tensor, first: Tensor) -> Tensor:
    """The states of the recurrence, not differentiable.

    Args:
        decay: a, [K, T, B, H].
        values: b, [K, T, B, H].
        first: h before the first step, [K, B, H].

    Returns:
        h after every time step, [K, T, B, H].
    """
    states = values.clone()
    states[:, 0] += decay[:, 0] * first
    steps = states.shape[1]
    if _looped(values):
        for step in range(1, steps):
            states[:, step] += decay[:, step] * states[:, step - 1]
        return states
    reach, span = decay.clone(), 1
    while span < steps:
        states[:, span:] += reach[:, span:] * states[:, :-span]
        if 2 * span < steps:
            reach[:, span:] = reach[:, span:] * reach[:, :-span]
        span *= 2
    return states


def scan_back(decay: Tensor, gradient: Tensor, last: Tensor) -> Tensor:
    """Gradients in the states of `scan`: d_t = gradient_t + a_(t+1) d_(t+1), with `last` added to
    the last one.

    Args:
        decay: a of the scan, [K, T, B, H].
        gradient: What arrives at each state from elsewhere, [K, T, B, H].
        last: What arrives at the last state beside that, [K, B, H].
    """
    turned = gradient.flip(1)
    later = torch.zeros_like(decay)
    later[:, 1:] = decay[:, 1:].flip(1)
    turned[:, 0] += last
    return scan(later, turned, torch.zeros_like(last)).flip(1)


def before(first: Tensor, states: Tensor) -> Tensor:
    """The state before every time step, [K, T, B, H]."""
    return torch.cat([first.unsqueeze(1), states[:, :-1]], 1)


class _Turning(torch.autograd.Function):
    """s_t = turn s_(t-1) + v_t in complex numbers, with one turn a unit for all steps."""

    @staticmethod
    def forward(ctx: Any, *parts: Tensor) -> Pair:
        turn, values, first = parts[:2], parts[2:4], parts[4:]
        states = _turned(turn, values, first)
        ctx.save_for_backward(*turn, *first, *states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_re: Tensor, gradient_im: Tensor) -> tuple[Tensor, ...]:
        turn_re, turn_im, first_re, first_im, re, im = ctx.saved_tensors
        zero = torch.zeros_like(first_re)
        # The transposed turn is the conjugate one.
        gradient = gradient_re.flip(1), gradient_im.flip(1)
        d_re, d_im = (d.flip(1) for d in _turned((turn_re, -turn_im), gradient, (zero, zero)))
        from_re, from_im = before(first_re, re), before(first_im, im)
        d_turn_re = column_sums(flat(d_re * from_re + d_im * from_im))
        d_turn_im = column_sums(flat(d_im * from_re - d_re * from_im))
        wide_re, wide_im = turn_re.unsqueeze(1), turn_im.unsqueeze(1)
        d_first_re = wide_re * d_re[:, 0] + wide_im * d_im[:, 0]
        d_first_im = wide_re * d_im[:, 0] - wide_im * d_re[:, 0]
        return d_turn_re, d_turn_im, d_re, d_im, d_first_re, d_first_im


def _turned(turn: Sequence[Tensor], values: Sequence[Tensor], first: Sequence[Tensor]) -> Pair:
    a, b = (part.unsqueeze(1) for part in turn)
    re, im = (part.clone() for part in values)
    first_re, first_im = first
    re[:, 0] += a * first_re - b * first_im
    im[:, 0] += b * first_re + a * first_im
    steps = re.shape[1]
    if _looped(re):
        for step in range(1, steps):
            re[:, step] += a * re[:, step - 1] - b * im[:, step - 1]
            im[:, step] += b * re[:, step - 1] + a * im[:, step - 1]
        return re, im
    a, b, span = a.unsqueeze(1), b.unsqueeze(1), 1
    while span < steps:
        more_re = a * re[:, :-span] - b * im[:, :-span]
        more_im = b * re[:, :-span] + a * im[:, :-span]
        re[:, span:] += more_re
        im[:, span:] += more_im
        a, b, span = a * a - b * b, 2 * a * b, 2 * span
    return re, im


def turning_scan(turn: Pair, values: Pair, first: Pair) -> Pair:
    """Real and imaginary part of every state, [K, T, B, H] each, differentiable.

    Args:
        turn: Eigenvalues, [K, H] each part.
        values: What enters, [K, T, B, H] each.
        first: Before the first step, [K, B, H] each.
    """
    re, im = _Turning.apply(*turn, *values, *first)  # type: ignore[no-untyped-call]
    return re, im
