"""Differentiable operations whose rounding does not depend on the number of members.

torch's derivative of a broadcast sums in an order that depends on how many members there are;
here every sum over steps and sequences is a matrix product of a row of ones, and all else is
single products, sums, quotients and tanh, which round alike at every place of a buffer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def column_sums(rows: Tensor) -> Tensor:
    """The sums over N of rows [K, N, R], [K, R].

    They are products with a row of ones, since `sum` adds in another order for one member than for
    several.
    """
    ones = rows.new_ones(1, 1, rows.shape[1]).expand(len(rows), 1, -1)
    return torch.bmm(ones, rows).squeeze(1)


def sigmoid(values: Tensor) -> Tensor:
    """1 / (1 + exp(-x)) through tanh, since `torch.sigmoid` rounds differently at the end of a
    buffer."""
    return values.mul(0.5).tanh_().mul_(0.5).add_(0.5)


def sigmoid_(values: Tensor) -> Tensor:
    """As `sigmoid`, in place."""
    return values.mul_(0.5).tanh_().mul_(0.5).add_(0.5)


def flat(sequence: Tensor) -> Tensor:
    """A sequence [K, T, B, R] as rows [K, T*B, R]."""
    return sequence.reshape(len(sequence), -1, sequence.shape[-1])


class _Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        result = torch.bmm(flat(inputs), weight.transpose(1, 2))
        if bias is not None:  # not `baddbmm`, which fuses for one member and not for several
            result += bias.unsqueeze(1)
        return result.view(*inputs.shape[:3], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight = ctx.saved_tensors
        rows, entered = flat(gradient), flat(inputs)
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
    result: Tensor = _Linear.apply(inputs, weight, bias)  # type: ignore[no-untyped-call]
    return result


class _Broadcast(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, size: Sequence[int]) -> Tensor:
        del ctx
        return rows.view(len(rows), *[1] * (len(size) - 2), -1).expand(size)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        del ctx
        return column_sums(flat(gradient)), None


def _broadcast(rows: Tensor, size: Sequence[int]) -> Tensor:
    """Rows [K, R], one a member, as a view of some size [K, ..., R]."""
    view: Tensor = _Broadcast.apply(rows, size)  # type: ignore[no-untyped-call]
    return view


def scale(inputs: Tensor, gain: Tensor) -> Tensor:
    """Inputs [K, T, B, R] times gain [K, R]."""
    return inputs * _broadcast(gain, inputs.shape)


def shift(inputs: Tensor, bias: Tensor) -> Tensor:
    """Inputs [K, T, B, R] plus bias [K, R]."""
    return inputs + _broadcast(bias, inputs.shape)


def spread(rows: Tensor, batch: int) -> Tensor:
    """Rows [K, H] for each sequence of a batch, [K, B, H]."""
    return _broadcast(rows, (len(rows), batch, rows.shape[-1])).contiguous()


class _Sigmoid(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        result = sigmoid(values)
        ctx.save_for_backward(result)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        result: Tensor = ctx.saved_tensors[0]
        return gradient * result * (1 - result)


def smooth_sigmoid(values: Tensor) -> Tensor:
    """As `sigmoid`, and differentiable."""
    result: Tensor = _Sigmoid.apply(values)  # type: ignore[no-untyped-call]
    return result


def gelu(values: Tensor) -> Tensor:
    """x sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)): the tanh approximation, exactly."""
    inner = (values + values * values * values * 0.044715) * 1.5957691216057308
    result: Tensor = values * smooth_sigmoid(inner)
    return result
