"""Makes what was written to a ledger durable, and does afterwards what waits for that."""

from __future__ import annotations

import threading
from collections.abc import Callable

from rnnsearch.search.ledger.store import Store


class Flushing:
    """Flushes the ledger's store.

    Args:
        lock: The ledger's.

    Attributes:
        patiently: Calls what makes changes durable, again where it is worth waiting; it may be
            called once more after an error.
    """

    def __init__(self, store: Store, lock: threading.RLock) -> None:
        self._store, self._lock = store, lock
        self._actions: list[Callable[[], None]] = []
        self.patiently: Callable[[Callable[[], object]], object] = lambda write: write()

    def flush(self) -> None:
        """Make all changes durable that were made until now, then do what waits for it.

        Raises:
            StorageError: The disk refused. Nothing is lost; call again.
        """
        with self._lock:
            actions, self._actions = self._actions, []
        try:
            self.patiently(self._store.flush)
        except BaseException:
            with self._lock:
                self._actions = [*actions, *self._actions]
            raise
        for action in actions:
            action()

    def after(self, action: Callable[[], None]) -> None:
        """Call `action` once all that was written before this call is durable."""
        with self._lock:
            self._actions.append(action)
