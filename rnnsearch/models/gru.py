"""The gated recurrent unit, with torch's reset gate: inside, after the recurrent product.

Not the first GRU of Cho et al. (2014), where r multiplies h before the product: weights do not
carry over from one to the other.
"""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

import numpy as np

from rnnsearch.models.reference import Array, LayerWeights, State, sigmoid


def gru(x, U, W, b, d):
    """States (time, batch, hidden) after inputs x (time, batch, input)."""

    def sigmoid(v):
        return 1 / (1 + np.exp(-v))

    h = np.zeros((x.shape[1], W.shape[1]))
    states = []
    for x_t in x:
        u_r, u_z, u_n = np.split(x_t @ U.T + b, 3, axis=1)
        w_r, w_z, w_n = np.split(h @ W.T + d, 3, axis=1)
        r = sigmoid(u_r + w_r)
        z = sigmoid(u_z + w_z)
        n = np.tanh(u_n + r * w_n)
        h = (1 - z) * n + z * h
        states.append(h)
    return np.stack(states)


def step(
    read: Array, remembered: Array, state: State, nonlinearity: str
) -> tuple[State, dict[str, Array]]:
    """One time step forward; `models.reference` says what it is given and returns."""
    del nonlinearity
    h = state[0]
    read_r, read_z, read_n = np.split(read, 3, axis=1)
    inner_r, inner_z, inner = np.split(remembered, 3, axis=1)
    r, z = sigmoid(read_r + inner_r), sigmoid(read_z + inner_z)
    n = np.tanh(read_n + r * inner)
    return ((1 - z) * n + z * h,), {"h": h, "r": r, "z": z, "n": n, "inner": inner}


def step_back(
    weights: LayerWeights, kept: dict[str, Array], d_state: State, nonlinearity: str
) -> tuple[Array, Array, State]:
    """One time step back; `models.reference` says what it is given and returns."""
    del nonlinearity
    d_h = d_state[0]
    r, z, n, inner = kept["r"], kept["z"], kept["n"], kept["inner"]
    d_n = d_h * (1 - z) * (1 - n**2)
    d_z = d_h * (kept["h"] - n) * z * (1 - z)
    d_r = d_n * inner * r * (1 - r)
    d_recurrent = np.concatenate([d_r, d_z, d_n * r], axis=1)
    d_input = np.concatenate([d_r, d_z, d_n], axis=1)
    return d_input, d_recurrent, (d_h * z + d_recurrent @ weights.w,)
