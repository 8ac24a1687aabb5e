"""The Elman cell."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor


def step(
    projected: Tensor,
    hidden: Tensor,
    w_hh: Tensor,
    b_hh: Tensor,
    nonlinearity: Literal["tanh", "relu"] = "tanh",
) -> Tensor:
    """One step of `torch.nn.RNN`: h' = f(W_ih x + b_ih + W_hh h + b_hh).

    Leading axes broadcast, so that one call may step many trials.

    Args:
        projected: W_ih x + b_ih, shape (..., batch, hidden).
        hidden: h, shape (..., batch, hidden).
        w_hh: Shape (..., hidden, hidden).
        b_hh: Shape (..., hidden), or (..., 1, hidden) under leading axes.
        nonlinearity: f.

    Returns:
        The next h, which is also the output.
    """
    total = projected + hidden @ w_hh.mT + b_hh
    return torch.tanh(total) if nonlinearity == "tanh" else torch.relu(total)
