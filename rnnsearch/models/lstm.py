"""The long short-term memory cell, with a forget gate and without peepholes, as `torch.nn.LSTM`."""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

import numpy as np

from rnnsearch.models.reference import Array, LayerWeights, State, sigmoid


def lstm(x, U, W, b, d):
    """States (time, batch, hidden) after inputs x (time, batch, input), and the last memory."""

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    h = np.zeros((x.shape[1], W.shape[1]))
    c = np.zeros_like(h)
    states = []
    for x_t in x:
        i, f, g, o = np.split(x_t @ U.T + b + h @ W.T + d, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states), c


def step(
    read: Array, remembered: Array, state: State, nonlinearity: str
) -> tuple[State, dict[str, Array]]:
    """One time step forward; `models.reference` says what it is given and returns."""
    del nonlinearity
    i, f, g, o = np.split(read + remembered, 4, axis=1)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    c = f * state[1] + i * g
    kept = {"h": state[0], "c": state[1], "i": i, "f": f, "g": g, "o": o, "squashed": np.tanh(c)}
    return (o * kept["squashed"], c), kept


def step_back(
    weights: LayerWeights, kept: dict[str, Array], d_state: State, nonlinearity: str
) -> tuple[Array, Array, State]:
    """One time step back; `models.reference` says what it is given and returns."""
    del nonlinearity
    d_h = d_state[0]
    i, f, g, o, squashed = (kept[name] for name in ("i", "f", "g", "o", "squashed"))
    d_c = d_state[1] + d_h * o * (1 - squashed**2)
    d_total = np.concatenate(
        [
            d_c * g * i * (1 - i),
            d_c * kept["c"] * f * (1 - f),
            d_c * i * (1 - g**2),
            d_h * squashed * o * (1 - o),
        ],
        axis=1,
    )
    return d_total, d_total, (d_total @ weights.w, d_c * f)
