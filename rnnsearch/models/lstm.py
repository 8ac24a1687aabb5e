"""The long short-term memory cell, with a forget gate and without peepholes."""

from __future__ import annotations

import torch
from torch import Tensor


def step(
    projected: Tensor, hidden: Tensor, memory: Tensor, w_hh: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of `torch.nn.LSTM`.

        i, f, o = sigmoid(W_i. x + b_i. + W_h. h + b_h.) each
        g       = tanh(W_ig x + b_ig + W_hg h + b_hg)
        c'      = f * c + i * g
        h'      = o * tanh(c')

    Leading axes broadcast.

    Args:
        projected: W_ih x + b_ih, blocks i, f, g, o, shape (..., batch, 4 * hidden).
        hidden: h, shape (..., batch, hidden).
        memory: c, shape (..., batch, hidden).
        w_hh: Shape (..., 4 * hidden, hidden).
        b_hh: Shape (..., 4 * hidden), or (..., 1, 4 * hidden) under leading axes.

    Returns:
        The next h, which is also the output, and the next c.
    """
    total = projected + hidden @ w_hh.mT + b_hh
    into, forget, new, out = total.chunk(4, dim=-1)
    memory = torch.sigmoid(forget) * memory + torch.sigmoid(into) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(memory), memory
