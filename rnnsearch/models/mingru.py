"""The minimal gated recurrent unit of arXiv 2410.01201: gates that read the input alone.

No gate reads h, so all steps can be computed at once by a scan. This is the paper's first form,
not the one in logarithms, which keeps n above zero. Another model than a GRU: h has no squashing
and remembers unit by unit.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from rnnsearch.models.inputs import enter as enter  # a part of what a cell's file has


def mingru(x, U, b):
    """States (time, batch, hidden) after inputs x (time, batch, input)."""
    h = np.zeros((x.shape[1], len(U) // 2))
    states = []
    for x_t in x:
        z, n = np.split(x_t @ U.T + b, 2, axis=1)
        z = 1 / (1 + np.exp(-z))
        h = (1 - z) * h + z * n
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
    update, new = read.chunk(2, dim=-1)
    update = torch.sigmoid(update)
    hidden = (1 - update) * state[0] + update * new
    return hidden, (hidden,)
