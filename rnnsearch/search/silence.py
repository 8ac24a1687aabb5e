"""How long packs have not said a word: one that hangs does not die, so nobody else notices it."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_TURN = 5.0
"""Seconds that count of the time between two looks. The driver itself may have stood still, in a
slow disk or behind Ctrl-Z, and what the packs said meanwhile waits to be heard."""


class Silence:
    """Counts the driver's own turns since each pack was heard.

    Args:
        limit: Seconds after which a silence is too long; None for never.
        clock: In seconds; a test hands in its own.
    """

    def __init__(self, limit: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._silent: dict[str, float] = {}
        self._looked = clock()

    def heard(self, pack_id: str) -> None:
        """A pack has said something; its silence starts from here."""
        self._silent[pack_id] = 0.0

    def forget(self, pack_id: str) -> None:
        """A pack is gone."""
        self._silent.pop(pack_id, None)

    def too_long(self) -> list[str]:
        """Packs that were heard once, and then not for longer than the limit.

        A pack that was never heard may wait for a place in the cluster, which has no limit.
        """
        now = self._clock()
        passed = min(now - self._looked, LONGEST_TURN)
        self._looked = now
        for pack_id in self._silent:
            self._silent[pack_id] += passed
        if self.limit is None:
            return []
        return [pack_id for pack_id, silent in self._silent.items() if silent > self.limit]
