"""Differentiable pieces of a layer whose rounding does not depend on the number of members.

torch's own derivative of a broadcast sums in an order that hangs on how many members there are;
here every sum over steps and sequences is a matrix product of a row of ones, and all else is
single products, sums, quotients and tanh, which round alike at every place of a buffer.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def column_sums(rows: Tensor) -> Tensor:
    """[K, N, R] to [K, R]; `sum` adds in another order for one member than for several."""
    ones = rows.new_ones(1, 1, rows.shape[1]).expand(len(rows), 1, -1)
    return torch.bmm(ones, rows).squeeze(1)


def sigmoid(values: Tensor) -> Tensor:
    """Through tanh: torch's own sigmoid rounds differently at the end of a buffer."""
    return values.mul(0.5).tanh_().mul_(0.5).add_(0.5)


def sigmoid_(values: Tensor) -> Tensor:
    """The same, in place."""
    return values.mul_(0.5).tanh_().mul_(0.5).add_(0.5)


def flat(sequence: Tensor) -> Tensor:
    """[K, T, B, R] as [K, T*B, R]."""
    return sequence.reshape(len(sequence), -1, sequence.shape[-1])


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        found = torch.bmm(flat(inputs), weight.transpose(1, 2))
        if bias is not None:  # not `baddbmm`, which fuses for one member and not for several
            found += bias.unsqueeze(1)
        return found.view(*inputs.shape[:3], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        rows, entered = flat(slopes), flat(inputs)
        below = bias = None
        if ctx.needs_input_grad[0]:
            below = torch.bmm(rows, weight).view(inputs.shape)
        if ctx.needs_input_grad[2]:
            bias = column_sums(rows)
        if entered.shape[-1] == 1:  # as in `batched`: a vector rounds differently for one member
            entered = entered.expand(-1, -1, 2).contiguous()
        return below, torch.bmm(rows.transpose(1, 2), entered)[..., : inputs.shape[-1]], bias


def linear(inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Inputs [K, T, B, I] through weight [K, R, I] and bias [K, R], to [K, T, B, R]."""
    found: Tensor = _Linear.apply(inputs, weight, bias)  # type: ignore[no-untyped-call]
    return found


class _Scale(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, gain: Tensor) -> Tensor:
        ctx.save_for_backward(inputs, gain)
        return inputs * gain.view(len(gain), 1, 1, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, Tensor]:
        inputs, gain = ctx.saved_tensors
        return slopes * gain.view(len(gain), 1, 1, -1), column_sums(flat(slopes * inputs))


def scale(inputs: Tensor, gain: Tensor) -> Tensor:
    """Inputs [K, T, B, R] times gain [K, R]."""
    found: Tensor = _Scale.apply(inputs, gain)  # type: ignore[no-untyped-call]
    return found


class _Shift(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, bias: Tensor) -> Tensor:
        del ctx
        return inputs + bias.view(len(bias), 1, 1, -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, Tensor]:
        del ctx
        return slopes, column_sums(flat(slopes))


def shift(inputs: Tensor, bias: Tensor) -> Tensor:
    """Inputs [K, T, B, R] plus bias [K, R]."""
    found: Tensor = _Shift.apply(inputs, bias)  # type: ignore[no-untyped-call]
    return found


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, batch: int) -> Tensor:
        del ctx
        return rows.unsqueeze(1).expand(-1, batch, -1).contiguous()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> tuple[Tensor, None]:
        del ctx
        return column_sums(slopes), None


def spread(rows: Tensor, batch: int) -> Tensor:
    """Rows [K, H] for each sequence of a batch, [K, B, H]."""
    found: Tensor = _Spread.apply(rows, batch)  # type: ignore[no-untyped-call]
    return found


class _Sigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        found = sigmoid(values)
        ctx.save_for_backward(found)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, slopes: Tensor) -> Tensor:
        found: Tensor = ctx.saved_tensors[0]
        return slopes * found * (1 - found)


def smooth_sigmoid(values: Tensor) -> Tensor:
    """`sigmoid`, differentiable."""
    found: Tensor = _Sigmoid.apply(values)  # type: ignore[no-untyped-call]
    return found


def gelu(values: Tensor) -> Tensor:
    """x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)): the tanh approximation, exactly."""
    inner = (values + values * values * values * 0.044715) * 1.5957691216057308
    found: Tensor = values * smooth_sigmoid(inner)
    return found
