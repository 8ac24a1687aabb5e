"""How much fits into memory at once, and how to tell that it ran out."""

from __future__ import annotations

import torch

from rnnsearch.models.cells import gates_of
from rnnsearch.models.config import is_custom
from rnnsearch.training.stack_key import Shared

CHUNK_BYTES = {"cpu": 12 << 20}
"""How many bytes of activations the trials that are computed together have on a CPU. Measured from
2 to 48 MB on one core: smaller chunks pay for the dispatch of operators, larger ones leave the
cache."""

CUSTOM_CHUNK_BYTES = 128 << 20
"""The same on a CPU of modules that people bring, of which each operator costs more to dispatch."""

OTHER_CHUNK_BYTES = 4 << 30
"""The same on an accelerator, where memory is the limit; not measured."""

USED_SHARE = 0.8
"""How much of a GPU's free memory trials may take; the rest is for its libraries and for what the
estimate leaves out."""


def out_of_memory(error: BaseException) -> bool:
    """Whether an error says that torch or Python ran out of memory, on whatever device.

    What caused the error is looked at as well: a capture that was broken off says only that it was,
    and has the reason as its `__context__`.
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # On a CPU torch raises a plain RuntimeError.
    if isinstance(error, RuntimeError) and "can't allocate memory" in str(error):
        return True
    before = error.__cause__ or error.__context__
    return before is not None and out_of_memory(before)


def members_at_once(shared: Shared) -> int:
    """How many trials of a stack are trained or evaluated together, by an estimate."""
    network, window = shared.key.network, shared.key.window
    units = sum(network.widths) * network.directions
    width = units * (2 * gates_of(network.cell) + 4)
    numbers = (window.seq_len or 64) * window.batch_size * width
    room = CHUNK_BYTES.get(shared.device.type, OTHER_CHUNK_BYTES)
    if is_custom(network.cell) and shared.device.type == "cpu":
        room = CUSTOM_CHUNK_BYTES
    return max(1, room // (numbers * shared.dtype.itemsize))


def most_at_once(device: torch.device, share: float, trial_bytes: int) -> int | None:
    """How many trials a GPU's free memory holds, at least one.

    Args:
        share: The pack's share of the GPU, where several packs use it; 1 and more for all of it.
        trial_bytes: What one trial takes.

    Returns:
        None on a CPU, whose memory the driver knows, and where `trial_bytes` is 0, for unknown.
    """
    if device.type != "cuda" or trial_bytes < 1:
        return None
    free, _ = torch.cuda.mem_get_info(device)
    return max(1, int(USED_SHARE * min(1.0, share) * free / trial_bytes))


class Room:
    """How many trials a pack trains at once, where not all that it was given fit into memory.

    The number is halved whenever memory runs out, and doubled whenever a trial leaves the pack.

    Attributes:
        bound: The most that are trained at once in any case; None for no such bound.
    """

    def __init__(self, bound: int | None = None) -> None:
        self.bound = bound
        self._most: int | None = None

    def has(self, aboard: int) -> bool:
        """Whether one more may be trained beside so many."""
        return all(aboard < most for most in (self.bound, self._most) if most is not None)

    def halve(self, others: int) -> int:
        """How many of some others must make room, since memory ran out for a trial beside them."""
        leave = -(-others // 2)
        self._most = others - leave + 1
        return leave

    def left(self) -> None:
        """Try twice as many from now on, since a trial left the pack and does not come back."""
        if self._most is not None:
            self._most *= 2
