"""What to do when memory runs out: take less at once, and say so."""

from __future__ import annotations

import torch

from rnnsearch.models.cells import gates_of
from rnnsearch.training.stack_key import Shared

CHUNK_BYTES = {"cpu": 12 << 20}
"""Activations of the members that step together on a CPU. Measured from 2 to 48 MB on one core:
smaller chunks pay for dispatch, larger ones leave the cache."""

OTHER_CHUNK_BYTES = 4 << 30
"""The same on an accelerator, where memory is the limit; not measured."""

USED_SHARE = 0.8
"""Of a GPU's free memory; the rest is for its libraries and for what the estimate leaves out."""


def out_of_memory(error: BaseException) -> bool:
    """Whether torch or Python ran out of memory, on whatever device.

    Also where it is only the `__context__` of the error: a capture that is broken off says that
    it was, and not why.
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # On a CPU torch raises a plain RuntimeError.
    if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
        return True
    before = error.__cause__ or error.__context__
    return before is not None and out_of_memory(before)


def members_at_once(shared: Shared) -> int:
    """How many trials of a stack step together, or are evaluated, by an estimate."""
    network, window = shared.key.network, shared.key.window
    units = sum(network.widths) * network.directions
    width = units * (2 * gates_of(network.cell) + 4)
    numbers = (window.seq_len or 64) * window.batch_size * width
    room = CHUNK_BYTES.get(shared.device.type, OTHER_CHUNK_BYTES)
    return max(1, room // (numbers * shared.dtype.itemsize))


def most_at_once(device: torch.device, share: float, trial_bytes: int) -> int | None:
    """How many trials of such a size a GPU's free memory holds, at least one.

    Args:
        share: Of the GPU, where several packs share it; 1 and more for all of it.

    Returns:
        None on a CPU, whose memory the driver knows, and for a size of 0, which is unknown.
    """
    if device.type != "cuda" or trial_bytes < 1:
        return None
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, int(USED_SHARE * min(1.0, share) * free / trial_bytes))


class Room:
    """How many trials a pack holds at once, where not all that it was given fit.

    Halved whenever memory runs out, and doubled whenever a trial leaves.

    Args:
        most: No more than this in any case; None for no such bound.
    """

    def __init__(self, most: int | None = None) -> None:
        self.bound = most
        self._most: int | None = None

    def has(self, aboard: int) -> bool:
        """Whether one more may be tried."""
        return all(aboard < most for most in (self.bound, self._most) if most is not None)

    def halve(self, others: int) -> int:
        """Memory ran out for one trial beside `others`: how many of these must leave."""
        leave = -(-others // 2)
        self._most = others - leave + 1
        return leave

    def left(self) -> None:
        """A trial left for good."""
        if self._most is not None:
            self._most *= 2
