"""A layer of `lru` for many trials; the equations stand in `models.lru`."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from rnnsearch.training.kernels.base import State
from rnnsearch.training.kernels.products import gelu, linear, scale, smooth_sigmoid
from rnnsearch.training.kernels.scan import turning_scan
from rnnsearch.training.padding import after_last_valid


def lru(
    inputs: Tensor, weights: Mapping[str, Tensor], state: State, lengths: Tensor | None = None
) -> tuple[Tensor, State]:
    """A layer over T time steps, as `traced.layer` takes it and returns it."""
    size, phase = torch.exp(-torch.exp(weights["nu"])), torch.exp(weights["theta"])
    turn = size * torch.cos(phase), size * torch.sin(phase)
    gain = torch.exp(weights["gamma"])
    into_re, into_im = linear(inputs, weights["weight_b"]).chunk(2, -1)
    re, im = turning_scan(turn, (scale(into_re, gain), scale(into_im, gain)), (state[0], state[1]))
    c_re, c_im = weights["weight_c"].chunk(2, 2)
    seen = linear(re, c_re) - linear(im, c_im) + linear(inputs, weights["weight_d"])
    bent = gelu(seen)
    gate = smooth_sigmoid(linear(bent, weights["weight_gate"], weights.get("bias_gate")))
    pairs = zip((re, im), state, strict=True)
    return bent * gate, tuple(after_last_valid(part, lengths, first) for part, first in pairs)
