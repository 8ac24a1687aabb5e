"""The linear recurrent unit of arXiv 2303.06349, with a gated output."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

State = tuple[Tensor, Tensor]


def step(inputs: Tensor, state: State, weights: Mapping[str, Tensor]) -> tuple[Tensor, State]:
    """One step of a layer.

        s' = lambda * s + exp(gamma) * (B x),   lambda = exp(-exp(nu) + i exp(theta))
        y  = gelu(Re(C s') + D x)
        h  = y * sigmoid(W_gate y + b_gate)

    The recurrence is linear, complex and diagonal; what bends the signal is the gate on each
    step's output, the smaller of the forms used around such layers (the paper's blocks put a
    gated linear unit there). gelu is the tanh approximation.

    Args:
        inputs: x, shape (batch, input).
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
    into_re, into_im = (inputs @ weights["weight_b"].T).chunk(2, dim=-1)
    re = turn_re * state[0] - turn_im * state[1] + gain * into_re
    im = turn_im * state[0] + turn_re * state[1] + gain * into_im
    c_re, c_im = weights["weight_c"].chunk(2, dim=1)
    seen = re @ c_re.T - im @ c_im.T + inputs @ weights["weight_d"].T
    bent = functional.gelu(seen, approximate="tanh")
    gate = functional.linear(bent, weights["weight_gate"], weights.get("bias_gate"))
    return bent * torch.sigmoid(gate), (re, im)
