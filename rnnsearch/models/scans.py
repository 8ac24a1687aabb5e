"""What cells whose gates read the inputs alone share.

The scan is said plainly; the one in packs is faster.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional


def scan(keep: Tensor, add: Tensor) -> Tensor:
    """All h_t = keep_t * h_(t-1) + add_t from h_0 = 0, along the first axis, in log2(T) rounds."""
    reach = 1
    while reach < len(add):
        add = torch.cat([add[:reach], add[reach:] + keep[reach:] * add[:-reach]])
        keep = torch.cat([keep[:reach], keep[reach:] * keep[:-reach]])
        reach *= 2
    return add


def enter(inputs: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    """The blocks of the gates of inputs (..., input): (..., gates * hidden)."""
    return functional.linear(inputs, weights["weight_ih"], weights.get("bias_ih"))
