"""Sums over the numbers of each trial that do not change with the number of trials beside it."""

from __future__ import annotations

import torch
from torch import Tensor


def row_sums(values: Tensor) -> Tensor:
    """Float64 sums [K] of values [K, ...], one sum for each trial.

    Computed as a product with ones. The order of addition of `Tensor.sum` follows the layout in
    memory: over a transposed view, which kernels do return, it differs between one row and
    several, so that the last bits of a trial's metrics would depend on its neighbours.
    """
    rows = values.double().reshape(len(values), 1, -1)
    ones = rows.new_ones(1, 1, 1).expand(len(rows), rows.shape[2], 1)
    return torch.bmm(rows, ones).reshape(-1)
