"""Keeps listeners from hearing of a trial what is not on disk yet."""

from __future__ import annotations

from functools import partial

from rnnsearch.events import Event, Listener, TrialEvent
from rnnsearch.search.ledger.ledger import Ledger


class AfterFlush:
    """A Listener that passes on the events of trials once the ledger has flushed them.

    If a driver is killed before the flush, nobody has heard of these events. After a resume the
    trial goes on from what the ledger has, perhaps with other parameters, and its events are told
    once. While the disk refuses the ledger, the listeners wait too.
    """

    def __init__(self, listener: Listener, ledger: Ledger) -> None:
        self._listener = listener
        self._ledger = ledger

    def on_event(self, event: Event) -> None:
        if isinstance(event, TrialEvent):
            self._ledger.after_flush(partial(self._listener.on_event, event))
        else:
            self._listener.on_event(event)
