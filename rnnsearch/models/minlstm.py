"""The minimal LSTM of arXiv 2410.01201: two gates that share one unit of weight."""

from __future__ import annotations

import torch
from torch import Tensor


def step(projected: Tensor, hidden: Tensor) -> Tensor:
    """One step of a minLSTM.

        f  = sigmoid(W_f x + b_f),  i = sigmoid(W_i x + b_i)
        n  = W_h x + b_h
        h' = f / (f + i) * h + i / (f + i) * n

    Gates read the input alone, and there is no memory beside h. Another model than an LSTM.

    Args:
        projected: W x + b, blocks f, i, n, shape (..., batch, 3 * hidden).
        hidden: h, shape (..., batch, hidden).
    """
    forget, take, new = projected.chunk(3, dim=-1)
    forget, take = torch.sigmoid(forget), torch.sigmoid(take)
    return (forget * hidden + take * new) / (forget + take)
