"""h' = act(W_ih x + b_ih + W_hh h + b_hh)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import LayerShape, State
from rnnsearch.training.kernels.batched.cell import Back, Parts, project


def forward(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[Parts, Parts]:
    """All time steps; `BatchedCell` says what is given and returned."""
    inputs, w_ih, w_hh, b_ih, b_hh, hidden = operands
    outputs = project(inputs, w_ih, b_ih + b_hh)
    recurrent = w_hh.transpose(1, 2)
    before = hidden
    for step in outputs.unbind(0):
        step.baddbmm_(before, recurrent)
        before = step.tanh_() if layer.nonlinearity == "tanh" else step.relu_()
    return (outputs,), ()


def backward(layer: LayerShape, at: Back) -> tuple[Tensor, Tensor, State]:
    """All time steps; `BatchedCell` says what is given and returned."""
    (outputs,) = at.sequences
    if layer.nonlinearity == "tanh":
        derivative = torch.addcmul(outputs.new_ones(()), outputs, outputs, value=-1)
    else:
        derivative = (outputs > 0).to(outputs.dtype)
    d_gates = derivative  # overwritten step by step, from the last one
    d_hidden = at.arriving[-1] + at.last[0]
    for step in range(len(d_gates) - 1, -1, -1):
        d_gates[step].mul_(d_hidden)
        from_later = at.arriving[step - 1] if step else torch.zeros_like(at.state[0])
        d_hidden = torch.baddbmm(from_later, d_gates[step], at.w_hh)
    return d_gates, d_gates, (d_hidden,)
