"""What cells whose gates read the input alone compute before their steps."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torch.nn import functional


def enter(inputs: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """U x + b of all gates, (..., gates * hidden), for inputs x (..., input)."""
    return functional.linear(inputs, weights["weight_ih"], weights.get("bias_ih"))
