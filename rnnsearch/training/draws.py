"""Dropout masks, noise and coin throws as functions of (trial seed, step, purpose, element).

For all trials at once, by a counter-based generator in int32 tensor operators: no generator state
to keep or to move, the same numbers on every device, alone or in company, before and after a
snapshot.

The mixing function is the 32-bit finalizer `lowbias32` of Chris Wellons' hash-prospector (public
domain; bias 0.17 of a fair bit).
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

NOISE = 1 << 20
FEEDING = NOISE + 1
"""Purposes, in the place of the layers of `layer_keys`; no network is so deep."""

LEVELS = 1 << 16

_FIRST = 0x7FEB352D
_SECOND = 0x846CA68B - (1 << 32)  # the same bits as a signed number


def _mix_(bits: Tensor) -> Tensor:
    """lowbias32 in place on int32; `>>` is arithmetic, so the copied sign bits are masked off."""
    bits ^= (bits >> 16) & 0xFFFF
    bits *= _FIRST
    bits ^= (bits >> 15) & 0x1FFFF
    bits *= _SECOND
    bits ^= (bits >> 16) & 0xFFFF
    return bits


def element_bits(count: int, device: torch.device) -> Tensor:
    """Hashed element numbers, int32 [count]; computed once and used by every step."""
    return _mix_(torch.arange(count, dtype=torch.int32, device=device))


def layer_keys(seeds: Tensor, steps: Tensor, layer: int) -> Tensor:
    """A key a trial for one layer of one optimizer step.

    Args:
        seeds: int32 [K], of (seed, "dropout").
        steps: int64 [K], optimizer steps taken before.
        layer: Whose output is dropped, counting from 0.

    Returns:
        int32 [K].
    """
    low = (steps & 0x7FFFFFFF).to(torch.int32)
    keys = _mix_(seeds ^ _mix_(low + 1))
    return _mix_(keys + (layer + 1) * 0x3C6EF372)


def bits(keys: Tensor, elements: Tensor) -> Tensor:
    """Random bits, int32 [K, N], of keys [K] and `element_bits` [N]."""
    return _mix_(elements.unsqueeze(0) ^ keys.unsqueeze(1))


def thresholds(probabilities: Tensor) -> Tensor:
    """Bits below these are dropped: int32 [K] of float64 probabilities [K] in [0, 1)."""
    return (probabilities * 2.0**32 - 2.0**31).to(torch.int32)


def mask(keys: Tensor, limits: Tensor, scales: Tensor, elements: Tensor) -> Tensor:
    """Zero with a trial's probability, else 1 / (1 - probability).

    Args:
        keys: int32 [K].
        limits: int32 [K], of `thresholds`.
        scales: [K], 1 / (1 - probability).
        elements: int32 [N], of `element_bits`.

    Returns:
        [K, N] in the dtype of `scales`.
    """
    kept = bits(keys, elements) >= limits.unsqueeze(1)
    return kept.to(scales.dtype) * scales.unsqueeze(1)


def gaussian(keys: Tensor, elements: Tensor, dtype: torch.dtype) -> Tensor:
    """Standard normal numbers [K, N] of keys [K] and `element_bits` [N].

    Sixteen bits choose among as many quantiles, up to 4.3 standard deviations; a table is rounded
    alike wherever a number stands, which logarithms and cosines are not.
    """
    picks = (bits(keys, elements) >> 16) & (LEVELS - 1)
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
    thrown = bits(keys, elements) < limits
    return torch.logical_or(thrown, (shares >= 1).unsqueeze(1))
