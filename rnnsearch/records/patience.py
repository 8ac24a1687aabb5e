"""How the writer goes on after a failed attempt at MLflow, and what it says meanwhile."""

from __future__ import annotations

import logging
import os
from pathlib import Path

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
"""What moving records may run into: the store, or this machine's disk."""


class Patience:
    """Counts failed attempts and has the driver know of them, by way of the state file.

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
        """Nothing is wrong yet: what the writer of an earlier run complained of is not this one's.

        Args:
            again: An earlier writer of this run died; what it refused stays refused.
        """
        self._state.writer = os.getpid()
        if not again:
            self._state.refused = 0
        if not self._state.refused:
            self._say("", None)

    def failed(self, error: Exception) -> None:
        """Take note of an attempt that came to nothing."""
        self.blocked = isinstance(error, BlockedError)
        if isinstance(error, BlockedError):
            _log.warning("the store refuses for good: %s", error.reason)
            self._say(error.reason, error)
            self.pause = BLOCKED_PAUSE_SECONDS
            return
        if isinstance(error, StoreError):
            _log.warning("the store is away or slow: %s", error.__cause__ or error)
            self._say(error.reason, None)
        else:
            _log.warning("the records wait: %s", error)
            self._say(f"the records wait: {error}", None)
        self.pause = min(max(2 * self.pause, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)

    def worked(self) -> None:
        """Take note of an attempt that moved something."""
        self.pause, self.blocked = 0.0, False

    def _say(self, problem: str, blocked: BlockedError | None) -> None:
        state = self._state
        problem = self._redact(problem)
        remedy = "" if blocked is None else blocked.remedy
        commands = [] if blocked is None else list(blocked.commands)
        away = bool(problem) and blocked is None
        said = (problem, remedy, commands, away)
        if (state.problem, state.remedy, state.commands, state.away) != said:
            state.problem, state.remedy, state.commands, state.away = said
            state.save(self._folder)
