"""How long the writer waits after a failed attempt, and what it tells the driver meanwhile."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from rnnsearch.disk import place_and_reason
from rnnsearch.records.run_store import BlockedError, StoreError
from rnnsearch.records.tracking_uri import TrackingStore
from rnnsearch.records.writer_state import WriterState
from rnnsearch.redaction import redactor

SHORTEST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 15.0
BLOCKED_PAUSE_SECONDS = 60.0
"""Between attempts at a store that takes nothing until a person acts."""

_log = logging.getLogger("rnnsearch.records.writer")


Trouble = (StoreError, OSError)
"""Errors that moving records may meet: those of the store, and those of this machine's disk."""


class Patience:
    """Takes note of failed attempts, and tells the driver of them by the state file.

    Attributes:
        pause: Seconds to wait before the next attempt; 0 where the last one worked.
        blocked: Whether the store takes nothing until somebody acts.
    """

    def __init__(self, folder: Path, state: WriterState, store: TrackingStore) -> None:
        self.pause = 0.0
        self.blocked = False
        self._folder = folder
        self._state = state
        self._redact = redactor(store.uri)

    def begin(self, *, again: bool) -> None:
        """Clear the problem that a writer of an earlier run has noted.

        Args:
            again: Whether an earlier writer of this same run died: what it noted as refused by the
                store stays refused.
        """
        self._state.writer = os.getpid()
        if not again:
            self._state.refused = 0
        if not self._state.refused:
            self._note("")

    def failed(self, error: Exception) -> None:
        """Take note of an attempt that failed, and of how long to wait now."""
        self.blocked = isinstance(error, BlockedError)
        if isinstance(error, BlockedError):
            _log.warning("the store refuses for good: %s", error.reason)
            self._note(error.reason, error.remedy, error.commands)
            self.pause = BLOCKED_PAUSE_SECONDS
            return
        if isinstance(error, StoreError):
            _log.warning("the store is away or slow: %s", error.__cause__ or error)
            self._note(error.reason)
        else:
            words = place_and_reason(error) if isinstance(error, OSError) else str(error)
            _log.warning("the records wait: %s", words)
            self._note(f"the records wait: {words}")
        self.pause = min(max(2 * self.pause, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)

    def worked(self) -> None:
        """Take note of an attempt that worked."""
        self.pause, self.blocked = 0.0, False

    def _note(self, problem: str, remedy: str = "", commands: Sequence[str] = ()) -> None:
        """Write a problem, or that there is none, into the state file for the driver.

        A disk that takes nothing is often the problem itself, so the writer outlives it: whatever
        is saved next tells of it.
        """
        state = self._state
        state.problem, state.remedy, state.commands = self._redact(problem), remedy, list(commands)
        state.away = bool(problem) and not self.blocked
        try:
            state.save(self._folder)
        except OSError as error:
            _log.warning("the state of the records cannot be noted: %s", error)
