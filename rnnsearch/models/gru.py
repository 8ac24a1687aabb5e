"""The gated recurrent unit, with torch's reset gate: inside, after the recurrent product."""

from __future__ import annotations

import torch
from torch import Tensor


def step(projected: Tensor, hidden: Tensor, w_hh: Tensor, b_hh: Tensor) -> Tensor:
    """One step of `torch.nn.GRU`.

        r  = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
        z  = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
        n  = tanh(W_in x + b_in + r * (W_hn h + b_hn))
        h' = (1 - z) * n + z * h

    Not the first GRU of Cho et al. (2014), where r multiplies h before the product: weights do
    not carry over from one to the other. Leading axes broadcast.

    Args:
        projected: W_ih x + b_ih, blocks r, z, n, shape (..., batch, 3 * hidden).
        hidden: h, shape (..., batch, hidden).
        w_hh: Shape (..., 3 * hidden, hidden).
        b_hh: Shape (..., 3 * hidden), or (..., 1, 3 * hidden) under leading axes.

    Returns:
        The next h, which is also the output.
    """
    recurrent = hidden @ w_hh.mT + b_hh
    input_r, input_z, input_n = projected.chunk(3, dim=-1)
    hidden_r, hidden_z, hidden_n = recurrent.chunk(3, dim=-1)
    reset = torch.sigmoid(input_r + hidden_r)
    update = torch.sigmoid(input_z + hidden_z)
    new = torch.tanh(input_n + reset * hidden_n)
    return (1 - update) * new + update * hidden
