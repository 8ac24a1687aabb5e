"""In which phase a run is, which stage fills its packs, and when the next one does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import InitVar, dataclass
from typing import Literal

from rnnsearch.search.endings import Ending, Endings
from rnnsearch.search.fleet import Fleet
from rnnsearch.search.ledger.ledger import Ledger
from rnnsearch.search.stage import Stage

HARD_SECONDS = 10.0
"""How long packs may take to hand over what they hold; after that the driver leaves them behind."""

Phase = Literal["search", "finalists", "stopped", "draining", "over"]
"""What the study is doing. In `draining`, packs hand over what they hold, since a person or a
signal ends the run."""


@dataclass(eq=False, kw_only=True)
class Phases:
    """Leads a run from one stage to the next, and to its end.

    It is looked at after each report, so that nothing here may go through all packs or trials.

    Args:
        search: The first stage.
        finalists: Makes the second stage once the first is over, or returns None for no such.
        stopped: Makes a third stage once the second is over, likewise.

    Attributes:
        phase: What the study is doing.
        stage: Fills and judges the packs now.
        ending: Why the search ends before all its trials have; None where it does not.
        error: The first error of a hook; it ends the run.
    """

    ledger: Ledger
    endings: Endings
    fleet: Fleet
    search: InitVar[Stage]
    finalists: Callable[[], Stage | None]
    stopped: Callable[[], Stage | None]

    def __post_init__(self, search: Stage) -> None:
        self.stage = search
        self.phase: Phase = "search"
        self.ending: Ending | None = None
        self.error: BaseException | None = None
        self._since = time.monotonic()

    @property
    def ended(self) -> bool:
        """Whether packs have nothing more to train."""
        return self.phase in ("draining", "over") or self.error is not None

    def fail(self, error: BaseException) -> None:
        """Remember the first error of a hook."""
        if self.error is None:
            self.error = error
            self._since = time.monotonic()

    def overdue(self) -> bool:
        """Whether packs take so long to hand over what they hold that they are left behind."""
        if self.endings.over() and self.endings.deadline is not None:
            return time.monotonic() > self.endings.deadline + HARD_SECONDS
        waited = time.monotonic() - self._since
        return waited > HARD_SECONDS and (self.error is not None or self.phase == "draining")

    def move_on(self) -> None:
        """Enter the next phase where the time is up, someone wants an end, or all is done."""
        if self.ended:
            return
        ending = self.endings.drain()
        if ending is not None:
            self.ledger.close_asking()
            self._enter("draining", ending)
            return
        if not self.stage.closed and self.stage.time_is_up(self.endings, self.fleet.aboard):
            if self._busy():
                self.ending = Ending("budget", self.endings.budget)
            self.stage.closed = True
            self.ledger.close_asking()
        if self.phase == "search" and self.ending is None and (why := self.endings.enough()):
            # Those that are aboard go on to their ends.
            self.ending = Ending("complete", why)
            self.ledger.close_asking()
        if not self._busy():
            self._next()

    def _busy(self) -> bool:
        """Whether a training waits for a slot or is aboard a pack."""
        return self.fleet.waiting(self.stage) > 0 or self.fleet.holding() > 0

    def _next(self) -> None:
        """Enter the next phase that has something to train; after the last one all is over."""
        later: dict[Phase, tuple[Phase, Callable[[], Stage | None]]] = {
            "search": ("finalists", self.finalists),
            "finalists": ("stopped", self.stopped),
        }
        while self.phase in later:
            self.stage.settle()
            phase, make = later[self.phase]
            self._enter(phase, None)
            if (stage := make()) is not None:
                self.stage = stage
                if stage.queued():
                    return
        self._enter("over", None)

    def _enter(self, phase: Phase, ending: Ending | None) -> None:
        self.phase = phase
        self._since = time.monotonic()
        self.ending = ending or self.ending
