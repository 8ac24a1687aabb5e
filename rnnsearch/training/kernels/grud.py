"""A layer of `grud` for many trials; the equations stand in `models.grud`.

The decay and all that reads the inputs alone are computed for all time steps at once; the loop over
the steps and its backward pass are those of the batched GRU, with a state that has decayed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.products import column_sums, flat, linear, sigmoid_
from rnnsearch.training.padding import after_last_valid


class _Grud(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, projected: Tensor, decay: Tensor, weight: Tensor, bias: Tensor, hidden: Tensor
    ) -> Tensor:
        size = hidden.shape[-1]
        gates = _time_first(projected[..., : 2 * size] + bias[:, None, None, : 2 * size])
        new, decay = _time_first(projected[..., 2 * size :]), _time_first(decay)
        recurrent_gates = weight[:, : 2 * size].transpose(1, 2)
        recurrent_new = weight[:, 2 * size :].transpose(1, 2)
        bias_new = bias[:, 2 * size :].unsqueeze(1)
        kept, inner, states = (torch.empty_like(new) for _ in range(3))
        before = hidden
        for t in range(len(states)):
            torch.mul(before, decay[t], out=kept[t])
            reset, update = sigmoid_(gates[t].baddbmm_(kept[t], recurrent_gates)).chunk(2, -1)
            torch.baddbmm(bias_new, kept[t], recurrent_new, out=inner[t])
            candidate = new[t].addcmul_(reset, inner[t]).tanh_()
            torch.lerp(candidate, kept[t], update, out=states[t])
            before = states[t]
        ctx.save_for_backward(decay, weight, hidden, gates, new, kept, inner, states)
        return states.transpose(0, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        decay, weight, hidden, gates, new, kept, inner, states = ctx.saved_tensors
        arriving = _time_first(gradient)
        steps, members, batch, size = states.shape
        reset, update = gates.chunk(2, -1)
        # Holds d(r), d(z), d(inner) per unit of d(h), and is multiplied by it below.
        recurrent = states.new_empty(steps, members, batch, 3, size)
        into_new = (1 - update) * (1 - new * new)
        torch.mul(into_new, reset, out=recurrent[..., 2, :])
        torch.mul(recurrent[..., 2, :] * (1 - reset), inner, out=recurrent[..., 0, :])
        torch.mul((kept - new) * update, 1 - update, out=recurrent[..., 1, :])
        d_states, d_kept = torch.empty_like(states), torch.empty_like(states)
        d_hidden = arriving[-1]
        for t in range(steps - 1, -1, -1):
            d_states[t] = d_hidden
            through = recurrent[t].mul_(d_hidden.unsqueeze(2)).view(members, batch, -1)
            d_kept[t] = (d_hidden * update[t]).baddbmm_(through, weight)
            d_hidden = d_kept[t] * decay[t]
            if t:
                d_hidden = d_hidden + arriving[t - 1]
        whole = recurrent.view(steps, members, batch, 3 * size).transpose(0, 1)
        projected = whole.clone()
        torch.mul(d_states, into_new, out=projected.transpose(0, 1)[..., 2 * size :])
        d_decay = d_kept * torch.cat([hidden.unsqueeze(0), states[:-1]])
        rows = flat(whole)
        d_weight = torch.bmm(rows.transpose(1, 2), flat(kept.transpose(0, 1)))
        return projected, d_decay.transpose(0, 1), d_weight, column_sums(rows), d_hidden


def _time_first(sequence: Tensor) -> Tensor:
    """[K, T, B, R] as [T, K, B, R], in memory too."""
    return sequence.transpose(0, 1).contiguous()


def grud(
    inputs: Tensor, weights: Mapping[str, Tensor], state: State, lengths: Tensor | None = None
) -> tuple[Tensor, State]:
    """A layer over T time steps, as `traced.layer` takes it and returns it."""
    projected = linear(inputs, weights["weight_ih"], weights.get("bias_ih"))
    fade = linear(inputs, weights["weight_decay"], weights.get("bias_decay"))
    # exp(-a) by tanh, since `torch.exp` rounds differently at the end of a buffer.
    half = torch.tanh(torch.relu(fade) * 0.5)
    decay = (1 - half) / (1 + half)
    recurrent = weights["weight_hh"]
    bias = weights.get("bias_hh")
    if bias is None:
        bias = recurrent.new_zeros(recurrent.shape[:2])
    states: Tensor = _Grud.apply(projected, decay, recurrent, bias, state[0])  # type: ignore[no-untyped-call]
    return states, (after_last_valid(states, lengths, state[0]),)
