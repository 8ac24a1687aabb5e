"""Sums over a trial's own figures that do not change with the number of trials beside it."""

from __future__ import annotations

import torch
from torch import Tensor


def row_sums(values: Tensor) -> Tensor:
    """Float64 sums [K] of [K, ...], one a trial.

    A product with ones instead of `Tensor.sum`, whose order of addition follows the layout in
    memory: over a transposed view, which kernels do return, it differs between one row and
    several, and a trial's metrics would hang on its neighbours in the last bits.
    """
    rows = values.double().reshape(len(values), 1, -1)
    ones = rows.new_ones(1, 1, 1).expand(len(rows), rows.shape[2], 1)
    return torch.bmm(rows, ones).reshape(-1)
