"""Dropout masks, noise and coin throws, each a function of (seed, training step, purpose, element).

They are drawn for all trials at once, by a counter-based generator in int32 tensor operators. So
there is no state of a generator to keep or to move, and a trial draws the same numbers on every
device, alone or beside others, before and after a snapshot.

The mixing function is the 32-bit finalizer `lowbias32` of Chris Wellons' hash-prospector (public
domain; bias 0.17 of a fair bit).
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

NOISE = 1 << 20
FEEDING = NOISE + 1
MODULE = NOISE + 2
"""Purposes beside dropout. They take the place of a layer's number; no network is so deep."""

LEVELS = 1 << 16
"""How many values a draw of `gaussian` can have."""

_FIRST = 0x7FEB352D
_SECOND = 0x846CA68B - (1 << 32)  # the same bits as a signed number


def _mix_(bits: Tensor) -> Tensor:
    """Apply lowbias32 to int32 numbers, in place.

    `>>` copies the sign bit, so the copies are masked off.
    """
    bits ^= (bits >> 16) & 0xFFFF
    bits *= _FIRST
    bits ^= (bits >> 15) & 0x1FFFF
    bits *= _SECOND
    bits ^= (bits >> 16) & 0xFFFF
    return bits


def element_bits(count: int, device: torch.device) -> Tensor:
    """Hashed numbers of elements, int32 [count]; computed once and used by every training step."""
    return _mix_(torch.arange(count, dtype=torch.int32, device=device))


def layer_keys(seeds: Tensor, steps: Tensor, layer: int) -> Tensor:
    """A key a trial for one layer in one training step.

    Args:
        seeds: int32 [K], derived from (the trial's seed, "dropout").
        steps: int64 [K] or [n, K], training steps taken before.
        layer: The layer whose outputs are dropped, counting from 0; or another purpose.

    Returns:
        int32, shaped as `steps`.
    """
    low = (steps & 0x7FFFFFFF).to(torch.int32)
    keys = _mix_(seeds ^ _mix_(low + 1))
    return _mix_(keys + (layer + 1) * 0x3C6EF372)


def call_key(key: Tensor, call: int) -> Tensor:
    """A trial's key for one of the calls in a training step that draw, counting from 1.

    Args:
        key: int32 without axes, one of `layer_keys`.
    """
    return _mix_(key + call * 0x3C6EF372)


def throw(key: Tensor, elements: Tensor, share: float) -> Tensor:
    """Which elements come up, bool shaped as they are, each with a probability of `share`.

    Args:
        key: int32 without axes.
        elements: int32, of `element_bits`.
        share: Below 1.
    """
    return _mix_(elements ^ key) < int(share * 2.0**32 - 2.0**31)


def bits(keys: Tensor, elements: Tensor) -> Tensor:
    """Random bits, int32 [K, N], for keys [K] and the elements of `element_bits` [N]."""
    return _mix_(elements.unsqueeze(0) ^ keys.unsqueeze(1))


def thresholds(probabilities: Tensor) -> Tensor:
    """Random bits below these come up with some probabilities.

    Args:
        probabilities: float64 [K], in [0, 1).

    Returns:
        int32 [K].
    """
    return (probabilities * 2.0**32 - 2.0**31).to(torch.int32)


def mask(keys: Tensor, limits: Tensor, scales: Tensor, elements: Tensor) -> Tensor:
    """A dropout mask: zero with a trial's probability, and else 1 / (1 - probability).

    Args:
        keys: int32 [K], of `layer_keys`.
        limits: int32 [K], of `thresholds`.
        scales: [K], 1 / (1 - probability).
        elements: int32 [N], of `element_bits`.

    Returns:
        [K, N] in the dtype of `scales`.
    """
    kept = bits(keys, elements) >= limits.unsqueeze(1)
    return kept.to(scales.dtype) * scales.unsqueeze(1)


def gaussian(keys: Tensor, elements: Tensor, dtype: torch.dtype) -> Tensor:
    """Standard normal numbers [K, N] for keys [K] and the elements of `element_bits` [N].

    Sixteen bits choose one of 65,536 quantiles, which reach to 4.3 standard deviations. A table is
    used since it rounds a number alike wherever it stands in a tensor; logarithms and cosines do
    not.
    """
    picks = (bits(keys, elements) >> 16) & (LEVELS - 1)
    drawn: Tensor = _quantiles(dtype, keys.device)[picks.long()]
    return drawn


@cache
def _quantiles(dtype: torch.dtype, device: torch.device) -> Tensor:
    """Quantiles of the standard normal distribution, in the middles of equal shares, [LEVELS]."""
    middles = (torch.arange(LEVELS, dtype=torch.float64) + 0.5) / LEVELS
    quantiles: Tensor = torch.special.ndtri(middles)
    return quantiles.to(device, dtype)


def chosen(keys: Tensor, shares: Tensor, elements: Tensor) -> Tensor:
    """Which elements are chosen, bool [K, N], each with its trial's probability.

    Args:
        shares: The probabilities, float64 [K], from 0 (nothing is chosen) to 1 (all is).
    """
    limits = (shares * 2.0**32 - 2.0**31).clamp(max=2.0**31 - 1).to(torch.int32).unsqueeze(1)
    thrown = bits(keys, elements) < limits
    return torch.logical_or(thrown, (shares >= 1).unsqueeze(1))
