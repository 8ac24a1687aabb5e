"""The minimal gated recurrent unit of arXiv 2410.01201: gates that read the input alone."""

from __future__ import annotations

import torch
from torch import Tensor


def step(projected: Tensor, hidden: Tensor) -> Tensor:
    """One step of a minGRU.

        z  = sigmoid(W_z x + b_z)
        n  = W_h x + b_h
        h' = (1 - z) * h + z * n

    No gate reads h, so all steps can be computed at once by a scan. This is the paper's first
    form, not the one in logarithms, which keeps n above zero. Another model than a GRU: h has no
    squashing and remembers unit by unit.

    Args:
        projected: W x + b, blocks z, n, shape (..., batch, 2 * hidden).
        hidden: h, shape (..., batch, hidden).
    """
    update, new = projected.chunk(2, dim=-1)
    update = torch.sigmoid(update)
    return (1 - update) * hidden + update * new
