"""The linear recurrent unit of arXiv 2303.06349, with a gated output."""

# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False, check-untyped-defs=False

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

State = tuple[Tensor, ...]

RING = (0.4, 0.99)
"""The radii of the ring in the complex plane in which eigenvalues start, uniform over its area."""


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


def draw(
    name: str, shape: tuple[int, ...], generator: Generator, before: Mapping[str, Tensor]
) -> Tensor:
    """The first value of `nu`, `theta` or `gamma`, as the paper says: eigenvalues in a ring, of any
    phase, and inputs scaled so that states have a variance of about one.

    Args:
        before: The weights of the layer that were drawn already, by name.
    """
    if name == "gamma":
        size = torch.exp(-torch.exp(before["nu"]))
        return (1 - size**2).sqrt().log()
    dice = torch.rand(shape, generator=generator)
    if name == "theta":
        return (2 * math.pi * dice + 1e-4).log()
    inner, outer = RING
    area = dice * (outer**2 - inner**2) + inner**2
    return (-0.5 * area.log()).log()


def enter(inputs: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """What `step` reads at each time step: the inputs as they are."""
    del weights
    return inputs


def step(read: Tensor, state: State, weights: Mapping[str, Tensor]) -> tuple[Tensor, State]:
    """One step of a layer.

        s' = lambda * s + exp(gamma) * (B x),   lambda = exp(-exp(nu) + i exp(theta))
        y  = gelu(Re(C s') + D x)
        h  = y * sigmoid(W_gate y + b_gate)

    The recurrence is linear, complex and diagonal; what bends the signal is the gate on each
    step's output, the smaller of the forms used around such layers (the paper's blocks put a
    gated linear unit there). gelu is the tanh approximation.

    Args:
        read: x, shape (batch, input).
        state: Real and imaginary part of s, (batch, hidden) each.
        weights: `nu`, `theta`, `gamma` (hidden); `weight_b` (2 * hidden, input), real rows first;
            `weight_c` (hidden, 2 * hidden), Re(C s) = c_re s_re - c_im s_im; `weight_d` (hidden,
            input); `weight_gate` (hidden, hidden) and, where there are biases, `bias_gate`.

    Returns:
        h and the next s.
    """
    size, phase = torch.exp(-torch.exp(weights["nu"])), torch.exp(weights["theta"])
    turn_re, turn_im = size * torch.cos(phase), size * torch.sin(phase)
    gain = torch.exp(weights["gamma"])
    into_re, into_im = (read @ weights["weight_b"].T).chunk(2, dim=-1)
    re = turn_re * state[0] - turn_im * state[1] + gain * into_re
    im = turn_im * state[0] + turn_re * state[1] + gain * into_im
    c_re, c_im = weights["weight_c"].chunk(2, dim=1)
    seen = re @ c_re.T - im @ c_im.T + read @ weights["weight_d"].T
    bent = functional.gelu(seen, approximate="tanh")
    gate = functional.linear(bent, weights["weight_gate"], weights.get("bias_gate"))
    return bent * torch.sigmoid(gate), (re, im)
