"""Move events from the outbox to the tracker, each once, and keep a state file that says how
far."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path

from rnnsearch.events import Event
from rnnsearch.records.segment_reader import DAMAGED, SegmentReader
from rnnsearch.records.tracker import Tracker

FLUSH_SECONDS = 5.0
"""How long the metrics of running trials are gathered before they are written: MLflow takes some
5 ms for each call, however many rows it has."""
FLUSH_EVENTS = 4000
"""After so many gathered events they are written at once."""


class Mover:
    """Reads the outbox, keeps the state file, and hands events to the tracker."""

    def __init__(self, folder: Path, tracker: Tracker) -> None:
        self._folder = folder
        self._tracker = tracker
        self._state = tracker.state
        self._reader = SegmentReader(folder, tracker.state.done)
        self._unread: deque[tuple[int, Event]] = deque()
        self._gathered = 0
        self._last = tracker.state.done
        self._damaged = 0
        self._flushed_at = 0.0

    def gather(self) -> bool:
        """Read new events and give them to the tracker, up to the next flush.

        Returns:
            Whether it is time to flush.
        """
        if not self._unread:
            self._unread.extend(self._reader.read())
        while self._unread:
            sequence, event = self._unread.popleft()
            self._last = sequence
            self._gathered += 1
            if self._tracker.add(sequence, event) or self._gathered >= FLUSH_EVENTS:
                return True
        return self._behind and time.monotonic() - self._flushed_at >= FLUSH_SECONDS

    @property
    def _behind(self) -> bool:
        """Whether lines were read that the state file does not count as done.

        A damaged line counts here too, though no event was gathered from it.
        """
        return self._gathered > 0 or self._reader.last > self._state.done

    @property
    def waiting(self) -> bool:
        """Whether something was read that is not in the store yet."""
        return self._behind or bool(self._unread)

    def flush(self) -> None:
        """Write what was gathered, and note that it is done.

        Raises:
            StoreError, OSError: Not all was written; the next call goes on.
        """
        state = self._state
        if not self._unread:
            self._last = max(self._last, self._reader.last)
        if state.claimed < self._last:
            state.claimed = self._last
            state.save(self._folder)
        self._tracker.flush()
        state.done = state.claimed = self._last
        state.remedy, state.commands, state.away = "", [], False
        state.damaged += self._reader.damaged - self._damaged
        self._damaged = self._reader.damaged
        if not state.refused:
            state.problem = _damage(state.damaged)
        state.save(self._folder)
        self._tracker.noted()
        self._gathered = 0
        self._flushed_at = time.monotonic()
        self._reader.delete_done(state.done)


def _damage(count: int) -> str:
    """What a person must know of damaged records, by their count; empty where there are none."""
    if not count:
        return ""
    records = "1 record is" if count == 1 else f"{count} records are"
    return (
        f"{records} damaged or missing in the study's outbox, and so not in MLflow; what there is "
        f"of them is kept there, in *{DAMAGED}"
    )
