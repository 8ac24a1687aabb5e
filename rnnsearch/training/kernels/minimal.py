"""Layers of `mingru` and `minlstm` for many trials: gates at once, then one scan over the steps.

The equations stand in `models.mingru` and `models.minlstm`. The backward passes are written by
hand, so that what is kept is linear in the steps: the gates and the states.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.products import linear, sigmoid
from rnnsearch.training.kernels.scan import before, scan, scan_back
from rnnsearch.training.padding import after_last_valid


class _MinGru(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, projected: Tensor, hidden: Tensor) -> Tensor:
        raw, new = projected.chunk(2, -1)
        update = sigmoid(raw)
        states = scan(1 - update, update * new, hidden)
        ctx.save_for_backward(update, new, hidden, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        update, new, hidden, states = ctx.saved_tensors
        keep = 1 - update
        d_states = scan_back(keep, gradient, torch.zeros_like(hidden))
        d_update = d_states * (new - before(hidden, states))
        d_raw = d_update * update * keep
        return torch.cat([d_raw, d_states * update], -1), d_states[:, 0] * keep[:, 0]


class _MinLstm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, projected: Tensor, hidden: Tensor) -> Tensor:
        raw_forget, raw_take, new = projected.chunk(3, -1)
        forget, take = sigmoid(raw_forget), sigmoid(raw_take)
        total = forget + take
        states = scan(forget / total, take / total * new, hidden)
        ctx.save_for_backward(forget, take, new, hidden, states)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        forget, take, new, hidden, states = ctx.saved_tensors
        total = forget + take
        keep, write = forget / total, take / total
        d_states = scan_back(keep, gradient, torch.zeros_like(hidden))
        # keep and write sum to one, so both gradients follow from that of keep.
        d_keep = d_states * (before(hidden, states) - new) / total
        d_forget = d_keep * write * forget * (1 - forget)
        d_take = d_keep * keep * take * (take - 1)
        return torch.cat([d_forget, d_take, d_states * write], -1), d_states[:, 0] * keep[:, 0]


def _layer(
    function: Any,
    inputs: Tensor,
    weights: Mapping[str, Tensor],
    state: State,
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """A layer over T time steps, as `traced.layer` takes it and returns it."""
    projected = linear(inputs, weights["weight_ih"], weights.get("bias_ih"))
    states: Tensor = function.apply(projected, state[0])
    return states, (after_last_valid(states, lengths, state[0]),)


mingru, minlstm = partial(_layer, _MinGru), partial(_layer, _MinLstm)
