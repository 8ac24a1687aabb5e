"""Why and when a search ends before all its trials have."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rnnsearch.events import StudyState
from rnnsearch.search.spending import Spending

OUT_OF_TIME = "the time budget ran out"
OUT_OF_DEVICE_TIME = "the device hours ran out"
OUT_OF_MONEY = "the costs came to their limit"
BUDGETS = (OUT_OF_TIME, OUT_OF_DEVICE_TIME, OUT_OF_MONEY)
"""Why a trial was ended by a budget, in words for a person."""
POLL_SECONDS = 0.25
FINALISTS_SHARE = 0.25
"""Part of a budget kept for the finalists' extra seeds, where there are any."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a search ends early.

    Attributes:
        state: The state that the study's run gets by it.
        reason: Why it ends, in words for a person.
    """

    state: StudyState
    reason: str


@dataclass(eq=False)
class Endings:
    """Finds out from the clock, the stop file and the signals whether the search has to end.

    Every method is cheap enough to be called in each turn of the driver's loop.

    Args:
        deadline: The end of the time budget on the `time.monotonic` clock; None for no budget.
        search_deadline: When the search gives way to the finalists, at `deadline` or before.
        should_stop: Returns why a person wants the study to stop, or None; it is called every
            `POLL_SECONDS` at most.
        interrupted: Returns the name of the signal that came, or None.
        spending: What packs may take beside that.
        spent: Why a search ends where that is taken, one of `BUDGETS`.
        enough: Returns why no further gain is expected, or None.
    """

    deadline: float | None
    search_deadline: float | None
    should_stop: Callable[[], str | None]
    interrupted: Callable[[], str | None]
    spending: Spending = field(default_factory=Spending)
    spent: str = OUT_OF_DEVICE_TIME
    enough: Callable[[], str | None] = lambda: None
    _looked: float = field(default=float("-inf"), init=False)
    _stop_reason: str | None = field(default=None, init=False)

    def drain(self) -> Ending | None:
        """Why the packs have to hand over what they hold now; None where they need not."""
        signal = self.interrupted()
        if signal is not None:
            return Ending("interrupted", f"interrupted by {signal}")
        now = time.monotonic()
        if self._stop_reason is None and now - self._looked >= POLL_SECONDS:
            self._looked = now
            self._stop_reason = self.should_stop()
        return None if self._stop_reason is None else Ending("stopped", self._stop_reason)

    def leaving(self) -> bool:
        """Whether the run has to end now, so that nothing is waited for any more."""
        return self.drain() is not None or self.over()

    def search_over(self) -> bool:
        """Whether what the search stage may take is up."""
        return self._late(self.search_deadline) or self.spending.search_over()

    def gives_way(self, has_finalist: Callable[[], bool]) -> bool:
        """Whether the search must end: past its share, with a finalist or nothing left."""
        return self.search_over() and (self.over() or has_finalist())

    def over(self) -> bool:
        """Whether a whole budget is up."""
        return self._late(self.deadline) or self.spending.over()

    @property
    def budget(self) -> str:
        """Which budget ends the search, in words for a person."""
        return self.spent if self.spending.search_over() else OUT_OF_TIME

    def _late(self, deadline: float | None) -> bool:
        return deadline is not None and time.monotonic() >= deadline


def search_deadline(deadline: float | None, now: float, *, reruns: bool) -> float | None:
    """When the search stage has to end, on the clock of `deadline`.

    Args:
        deadline: The end of the time budget; None for no budget.
        now: The present time.
        reruns: Whether finalists are trained again, for which `FINALISTS_SHARE` of the time is
            kept.
    """
    if deadline is None or not reruns:
        return deadline
    return now + (1.0 - FINALISTS_SHARE) * max(0.0, deadline - now)
