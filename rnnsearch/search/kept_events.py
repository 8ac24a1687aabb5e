"""Keeps events of trials with the ledger's records, where the folder of the outbox may be lost.

A listener hears of a trial's event once the ledger has flushed what it tells of. A machine that is
lost with its folder in between, or before the outbox has been copied, would leave records that lack
what the ledger has. So the events are written by the same statement, and stay until their outbox is
in the object store.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from rnnsearch.errors import LedgerAwayError
from rnnsearch.events import TrialEvent
from rnnsearch.search.ledger.store import Store


class KeptEvents:
    """The events that a store keeps.

    Args:
        encode: Makes a line of an event.

    Attributes:
        told: The events that came with the records before this one have been told.
    """

    def __init__(self, store: Store, encode: Callable[[TrialEvent], bytes]) -> None:
        self.told = 0
        self._store, self._encode = store, encode
        self._forgotten = 0

    def keep(self, event: TrialEvent) -> int:
        """Keep an event with the next flush; returns what `told` is once it has been told."""
        self._store.keep(self._encode(event))
        return self._store.journal.flushed

    def forget(self, before: int) -> None:
        """Delete the events that came with the records before one; tried again another time where
        the database does not answer."""
        if before > self._forgotten:
            with suppress(LedgerAwayError):
                self._store.forget(before)
                self._forgotten = before
