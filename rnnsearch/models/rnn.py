"""The Elman cell, with the equation of `torch.nn.RNN`."""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

from typing import Any

import numpy as np

from rnnsearch.models.reference import Array, LayerWeights, State


def rnn(x, U, W, b, d):
    """States (time, batch, hidden) after inputs x (time, batch, input)."""
    h = np.zeros((x.shape[1], W.shape[1]))
    states = []
    for x_t in x:
        h = np.tanh(x_t @ U.T + b + h @ W.T + d)
        states.append(h)
    return np.stack(states)


def rnn_relu(x, U, W, b, d):
    """States (time, batch, hidden) after inputs x (time, batch, input)."""
    h = np.zeros((x.shape[1], W.shape[1]))
    states = []
    for x_t in x:
        h = np.maximum(x_t @ U.T + b + h @ W.T + d, 0)
        states.append(h)
    return np.stack(states)


def step(
    read: Array, remembered: Array, state: State, nonlinearity: str
) -> tuple[State, dict[str, Array]]:
    """One time step forward; `models.reference` says what it is given and returns."""
    total = read + remembered
    new = np.tanh(total) if nonlinearity == "tanh" else np.maximum(total, 0)
    return (new,), {"h": state[0], "new": new}


def step_back(
    weights: LayerWeights, kept: dict[str, Array], d_state: State, nonlinearity: str
) -> tuple[Array, Array, State]:
    """One time step back; `models.reference` says what it is given and returns."""
    new = kept["new"]
    derivative: Any = 1 - new**2 if nonlinearity == "tanh" else new > 0
    d_total = d_state[0] * derivative
    return d_total, d_total, (d_total @ weights.w,)
