"""Nobody hears of a trial what the ledger could still forget."""

from __future__ import annotations

from functools import partial

from rnnsearch.events import Event, Listener, TrialEvent
from rnnsearch.search.ledger.ledger import Ledger


class AfterFlush:
    """A Listener that passes on what happened to trials once the ledger has flushed it.

    A driver that is killed before the flush has told nobody: the trial goes on from what the
    ledger has, perhaps with other parameters, and what is told then is told once. While the disk
    refuses the ledger, everybody waits with it.
    """

    def __init__(self, listener: Listener, ledger: Ledger) -> None:
        self._listener = listener
        self._ledger = ledger

    def on_event(self, event: Event) -> None:
        if isinstance(event, TrialEvent):
            self._ledger.after_flush(partial(self._listener.on_event, event))
        else:
            self._listener.on_event(event)
