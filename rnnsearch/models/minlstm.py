"""The minimal LSTM of arXiv 2410.01201: two gates that share one unit of weight.

Gates read the input alone, and there is no memory beside h. Another model than an LSTM.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models.inputs import enter as enter  # a part of what a cell's file has


def minlstm(x, U, b):
    """States (time, batch, hidden) after inputs x (time, batch, input)."""
    h = np.zeros((x.shape[1], len(U) // 3))
    states = []
    for x_t in x:
        f, i, n = np.split(x_t @ U.T + b, 3, axis=1)
        f = 1 / (1 + np.exp(-f))
        i = 1 / (1 + np.exp(-i))
        h = (f * h + i * n) / (f + i)
        states.append(h)
    return np.stack(states)


def step(
    read: Tensor, state: tuple[Tensor, ...], weights: Mapping[str, Tensor]
) -> tuple[Tensor, tuple[Tensor]]:
    """One time step: the output, and the next state (h,), each (batch, hidden).

    Args:
        read: What `enter` computed for this time step, (batch, gates * hidden).
        state: The previous state (h,).
    """
    del weights
    forget, take, new = read.chunk(3, dim=-1)
    forget, take = torch.sigmoid(forget), torch.sigmoid(take)
    hidden = (forget * state[0] + take * new) / (forget + take)
    return hidden, (hidden,)
