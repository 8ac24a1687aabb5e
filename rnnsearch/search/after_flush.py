"""Keeps listeners from hearing of a trial what is not on disk yet."""

from __future__ import annotations

from rnnsearch.events import Event, Listener, TrialEvent
from rnnsearch.search.kept_events import KeptEvents
from rnnsearch.search.ledger.ledger import Ledger


class AfterFlush:
    """A Listener that passes on the events of trials once the ledger has flushed them.

    If a driver is killed before the flush, nobody has heard of these events. After a resume the
    trial goes on from what the ledger has, perhaps with other parameters, and its events are told
    once. While the disk refuses the ledger, the listeners wait too.

    Args:
        kept: Keeps events with the ledger's records until they are told.
    """

    def __init__(self, listener: Listener, ledger: Ledger, kept: KeptEvents | None = None) -> None:
        self._listener = listener
        self._ledger = ledger
        self._kept = kept

    def on_event(self, event: Event) -> None:
        if not isinstance(event, TrialEvent):
            self._listener.on_event(event)
            return
        place = 0 if self._kept is None else self._kept.keep(event)

        def tell() -> None:
            self._listener.on_event(event)
            if self._kept is not None:
                self._kept.told = place

        self._ledger.after_flush(tell)
