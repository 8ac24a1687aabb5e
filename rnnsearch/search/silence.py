"""Measures how long packs have not reported: Ray does not notice a pack that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable

LONGEST_TURN = 5.0
"""At most so many seconds count between two looks. The driver itself may have stood still, waiting
for a slow disk or suspended by Ctrl-Z, and reports of the packs may be waiting to be read."""


class Silence:
    """Measures the time since each pack's last report.

    Args:
        limit: Seconds after which a silence is too long; None for never.
        clock: Gives the present time in seconds; a test has a clock of its own.
    """

    def __init__(self, limit: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._silent: dict[str, float] = {}
        self._looked = clock()

    def heard(self, pack_id: str) -> None:
        """Start a pack's silence anew, since it has reported."""
        self._silent[pack_id] = 0.0

    def forget(self, pack_id: str) -> None:
        """Measure a pack no more, since it is gone."""
        self._silent.pop(pack_id, None)

    def longest(self) -> tuple[str, float]:
        """The pack that has been silent for longest, and for how many seconds, at the last look."""
        return max(self._silent.items(), key=lambda one: one[1], default=("", 0.0))

    def too_long(self) -> list[str]:
        """The packs whose last report is longer ago than the limit.

        A pack that has never reported is not among them: it may be waiting for a place in the
        cluster, for which there is no limit.
        """
        now = self._clock()
        passed = min(now - self._looked, LONGEST_TURN)
        self._looked = now
        for pack_id in self._silent:
            self._silent[pack_id] += passed
        if self.limit is None:
            return []
        return [pack_id for pack_id, silent in self._silent.items() if silent > self.limit]
