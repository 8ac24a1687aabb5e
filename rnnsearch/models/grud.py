"""A gated recurrent unit whose state decays before each step, for steps of unequal length.

The decay of GRU-D (arXiv 1606.01865) reads the time since the last measurements alone; here it
reads all inputs, that time among them where the task gives it (`task.spacing: given`), so that the
cell goes with any task and layer. The paper's decay of inputs towards their mean is not part of it.
With a decay of 1 it is torch's GRU.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def grud(x, U, W, b, d, G, g):
    """States (time, batch, hidden) after inputs x (time, batch, input)."""

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    h = np.zeros((x.shape[1], W.shape[1]))
    states = []
    for x_t in x:
        k = np.exp(-np.maximum(0, x_t @ G.T + g)) * h
        u_r, u_z, u_n = np.split(x_t @ U.T + b, 3, axis=1)
        w_r, w_z, w_n = np.split(k @ W.T + d, 3, axis=1)
        r = sigmoid(u_r + w_r)
        z = sigmoid(u_z + w_z)
        n = np.tanh(u_n + r * w_n)
        h = (1 - z) * n + z * k
        states.append(h)
    return np.stack(states)


def enter(inputs: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """What `step` reads of all time steps: the projections of the gates, then the decay, (...,
    4 * hidden)."""
    gates = functional.linear(inputs, weights["weight_ih"], weights.get("bias_ih"))
    fade = functional.linear(inputs, weights["weight_decay"], weights.get("bias_decay"))
    return torch.cat([gates, torch.exp(-torch.relu(fade))], -1)


def step(
    read: Tensor, state: tuple[Tensor, ...], weights: Mapping[str, Tensor]
) -> tuple[Tensor, tuple[Tensor]]:
    """One time step: the output, and the next state (h,), each (batch, hidden).

    Args:
        read: What `enter` computed for this time step.
        state: The previous state (h,).
    """
    read_r, read_z, read_n, decay = read.chunk(4, -1)
    kept = decay * state[0]
    inner = functional.linear(kept, weights["weight_hh"], weights.get("bias_hh"))
    inner_r, inner_z, inner_n = inner.chunk(3, -1)
    reset, update = torch.sigmoid(read_r + inner_r), torch.sigmoid(read_z + inner_z)
    new = torch.tanh(read_n + reset * inner_n)
    hidden = (1 - update) * new + update * kept
    return hidden, (hidden,)
