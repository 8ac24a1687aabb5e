"""What the packs of a study have taken, over all of its runs, and how much they may."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

NOTE_SECONDS = 20.0
"""The ledger hears so often what was taken; a driver that is killed loses as much at most."""


class Spending:
    """Counts how long packs live, from their first report on, and compares it with a limit.

    Args:
        limit: Seconds of all packs together; infinite for none.
        for_search: The share of them that the search may take; the finalists have the rest.
        before: What earlier runs of the study took.
        note: Keeps what was taken, for the next run.
        clock: Gives the present time in seconds; a test has a clock of its own.
    """

    def __init__(
        self,
        limit: float = math.inf,
        for_search: float = 1.0,
        before: float = 0.0,
        note: Callable[[float], None] = lambda seconds: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._for_search = limit * for_search
        self._gone = before
        self._since: dict[str, float] = {}
        self._began = 0.0
        """The sum of these times."""
        self._note = note
        self._clock = clock
        self._noted = clock()

    @property
    def seconds(self) -> float:
        """What packs took until now, those of earlier runs included."""
        return self._gone + len(self._since) * self._clock() - self._began

    def heard(self, pack_id: str) -> None:
        """Count a pack from now on, if it is not counted yet; it has reported."""
        if pack_id not in self._since:
            self._since[pack_id] = self._clock()
            self._began += self._since[pack_id]
        if self._clock() - self._noted >= NOTE_SECONDS:
            self.write()

    def forget(self, pack_id: str) -> None:
        """Count a pack no longer, since it is gone."""
        since = self._since.pop(pack_id, None)
        if since is not None:
            self._gone += self._clock() - since
            self._began -= since

    def write(self) -> None:
        """Keep what was taken until now."""
        self._noted = self._clock()
        self._note(self.seconds)

    def search_over(self) -> bool:
        """Whether the search must give way to the finalists."""
        return self.seconds >= self._for_search

    def over(self) -> bool:
        """Whether all is taken."""
        return self.seconds >= self._limit
