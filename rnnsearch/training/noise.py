"""Gaussian noise and coin throws as functions of (trial seed, step, element), as dropout is."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from rnnsearch.training import dropout

NOISE = 1 << 20
FEEDING = NOISE + 1
"""Purposes, in the place of the layers of `dropout.layer_keys`; no network is so deep."""

LEVELS = 1 << 16


def gaussian(keys: Tensor, elements: Tensor, dtype: torch.dtype) -> Tensor:
    """Standard normal numbers [K, N] of keys [K] and `dropout.element_bits` [N].

    Sixteen bits choose among as many quantiles, up to 4.3 standard deviations; a table is rounded
    alike wherever a number stands, which logarithms and cosines are not.
    """
    picks = (dropout.bits(keys, elements) >> 16) & (LEVELS - 1)
    found: Tensor = _quantiles(dtype, keys.device)[picks.long()]
    return found


@cache
def _quantiles(dtype: torch.dtype, device: torch.device) -> Tensor:
    middles = (torch.arange(LEVELS, dtype=torch.float64) + 0.5) / LEVELS
    quantiles: Tensor = torch.special.ndtri(middles)
    return quantiles.to(device, dtype)


def chosen(keys: Tensor, shares: Tensor, elements: Tensor) -> Tensor:
    """Bool [K, N], each true with its trial's probability.

    Args:
        shares: Float64 [K], from 0 to 1; at the ends nothing or all is chosen.
    """
    limits = (shares * 2.0**32 - 2.0**31).clamp(max=2.0**31 - 1).to(torch.int32).unsqueeze(1)
    thrown = dropout.bits(keys, elements) < limits
    return torch.logical_or(thrown, (shares >= 1).unsqueeze(1))
