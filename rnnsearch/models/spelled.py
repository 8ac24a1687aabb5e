"""One layer of each cell in as few lines of numpy as it takes; `rnnsearch explain --code` prints
them, and compares them as they stand with torch."""


# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

import numpy as np


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


def lru(x, nu, theta, gamma, B, C, D, G, g):
    """Outputs (time, batch, hidden) after inputs x (time, batch, input)."""
    turn = np.exp(-np.exp(nu) + 1j * np.exp(theta))
    B = np.exp(gamma)[:, None] * (B[: len(nu)] + 1j * B[len(nu) :])
    C = C[:, : len(nu)] + 1j * C[:, len(nu) :]
    s = np.zeros((x.shape[1], len(nu)), complex)
    outputs = []
    for x_t in x:
        s = turn * s + x_t @ B.T
        y = (s @ C.T).real + x_t @ D.T
        y = 0.5 * y * (1 + np.tanh(np.sqrt(2 / np.pi) * (y + 0.044715 * y**3)))
        outputs.append(y / (1 + np.exp(-(y @ G.T + g))))
    return np.stack(outputs)
