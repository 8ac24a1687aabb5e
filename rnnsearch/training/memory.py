"""What to do when memory runs out: take less at once, and say so."""

from __future__ import annotations

import torch


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


class Room:
    """How many trials a pack holds at once, where not all that it was given fit.

    Halved whenever memory runs out, and doubled whenever a trial leaves.
    """

    def __init__(self) -> None:
        self._most: int | None = None

    def has(self, aboard: int) -> bool:
        """Whether one more may be tried."""
        return self._most is None or aboard < self._most

    def halve(self, others: int) -> int:
        """Memory ran out for one trial beside `others`: how many of these must leave."""
        leave = -(-others // 2)
        self._most = others - leave + 1
        return leave

    def left(self) -> None:
        """A trial left for good."""
        if self._most is not None:
            self._most *= 2
