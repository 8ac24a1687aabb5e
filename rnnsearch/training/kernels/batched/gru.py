"""r, z = sigmoid; n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h' = n + z (h - n)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import LayerShape, State
from rnnsearch.training.kernels.batched.cell import Back, Parts, project
from rnnsearch.training.kernels.products import sigmoid_


def forward(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[Parts, Parts]:
    """All time steps; `BatchedCell` says what is given and returned."""
    del layer
    inputs, w_ih, w_hh, b_ih, b_hh, hidden = operands
    size = hidden.shape[-1]
    gates = project(inputs, w_ih[:, : 2 * size], b_ih[:, : 2 * size] + b_hh[:, : 2 * size])
    new = project(inputs, w_ih[:, 2 * size :], b_ih[:, 2 * size :])
    recurrent_gates = w_hh[:, : 2 * size].transpose(1, 2)
    recurrent_new = w_hh[:, 2 * size :].transpose(1, 2)
    bias_new = b_hh[:, 2 * size :].unsqueeze(1)
    inner = torch.empty_like(new)
    outputs = torch.empty_like(new)
    before = hidden
    for t in range(len(outputs)):
        reset, update = sigmoid_(gates[t].baddbmm_(before, recurrent_gates)).chunk(2, -1)
        torch.baddbmm(bias_new, before, recurrent_new, out=inner[t])
        candidate = new[t].addcmul_(reset, inner[t]).tanh_()
        torch.lerp(candidate, before, update, out=outputs[t])
        before = outputs[t]
    return (outputs,), (gates, new, inner)


def backward(layer: LayerShape, at: Back) -> tuple[Tensor, Tensor, State]:
    """All time steps; `BatchedCell` says what is given and returned."""
    del layer
    (outputs,) = at.sequences
    gates, new, inner = at.kept
    steps, members, batch, size = outputs.shape
    reset, update = gates.chunk(2, -1)
    # d_recurrent holds d(r), d(z), d(inner) per unit of d(h'), and is multiplied by it below.
    d_recurrent = outputs.new_empty(steps, members, batch, 3, size)
    into_new = (1 - update) * (1 - new * new)
    torch.mul(into_new, reset, out=d_recurrent[..., 2, :])
    torch.mul(d_recurrent[..., 2, :] * (1 - reset), inner, out=d_recurrent[..., 0, :])
    torch.mul((at.hidden_before - new) * update, 1 - update, out=d_recurrent[..., 1, :])
    d_states = torch.empty_like(outputs)
    d_hidden = at.arriving[-1] + at.last[0]
    for step in range(steps - 1, -1, -1):
        d_states[step] = d_hidden
        gradient = d_recurrent[step].mul_(d_hidden.unsqueeze(2)).view(members, batch, -1)
        direct = d_hidden * update[step]
        if step:
            direct += at.arriving[step - 1]
        d_hidden = direct.baddbmm_(gradient, at.w_hh)
    recurrent = d_recurrent.view(steps, members, batch, 3 * size)
    projected = recurrent.clone()
    torch.mul(d_states, into_new, out=projected[..., 2 * size :])
    return projected, recurrent, (d_hidden,)
