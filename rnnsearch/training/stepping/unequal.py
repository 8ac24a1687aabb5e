"""Batches that end at their own longest sequence: to what they are padded, and who shares a call.

A trial's numbers must not hang on the longer batch of another. Compiled layers stop each trial at
its own end, and what is not a layer reads valid steps alone or is computed step by step; there,
trials of different lengths share a call as long as that is cheaper than calls of their own. Where
other kernels sum over steps, only trials that are padded to one length share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.training.stepping.stretch import Places

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED_NUMBERS = 1 << 16
"""Numbers of a trial that may be padding so that it shares another's call; an estimate of what the
forty operators of a call of its own cost."""


def padded_steps(longest: NDArray[np.int64]) -> NDArray[np.int64]:
    """What batches are padded to: four lengths an octave, so that trials often share one."""
    octave = np.floor(np.log2(np.maximum(longest - 1, 1))).astype(np.int64)
    step = np.maximum(4, 1 << np.maximum(octave - 2, 0))
    padded: NDArray[np.int64] = -(-longest // step) * step
    return padded


def parts(
    longest: NDArray[np.int64], numbers_a_step: int, *, mixed: bool
) -> list[tuple[int, Places]]:
    """Who shares a call, and the steps to which their batches are padded.

    Args:
        longest: Steps of each trial's batch, int64 [K].
        numbers_a_step: Of one trial: inputs and activations of one step in time.
        mixed: Whether trials may be padded to more than their own length.
    """
    padded = padded_steps(longest)
    found: list[tuple[int, Places]] = []
    rest = np.unique(padded)[::-1]
    while len(rest):
        most = int(rest[0])
        room = SHARED_NUMBERS // numbers_a_step if mixed else 0
        least = max(1, most - room)
        found.append((most, _places((padded <= most) & (padded >= least))))
        rest = rest[rest < least]
    return found


def _places(chosen: NDArray[np.bool_]) -> Places:
    """Where true; a slice where they are neighbours, since that copies nothing."""
    found = np.flatnonzero(chosen).tolist()
    first, last = found[0], found[-1]
    return slice(first, last + 1) if last - first + 1 == len(found) else found
