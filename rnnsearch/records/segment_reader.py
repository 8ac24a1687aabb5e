"""The writer's side of the outbox: events in order, each once, and segments deleted behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rnnsearch.events import Event
from rnnsearch.records.events_codec import UndecodableLineError, decode
from rnnsearch.records.outbox import segments

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Position:
    """How far a segment was read, in bytes, and the last sequence number seen in it."""

    offset: int = 0
    last: int = 0


class SegmentReader:
    """Reads closed segments, and the open one up to its last newline.

    Attributes:
        skipped: Lines that were torn or unknown, in all.
    """

    def __init__(self, folder: Path, after: int) -> None:
        """Start behind the event with the sequence number `after`."""
        self.skipped = 0
        self._folder = folder
        self._after = after
        self._positions: dict[int, _Position] = {}

    def read(self) -> Iterator[tuple[int, Event]]:
        """Events that have not been read yet, with their sequence numbers.

        A line counts as read when it is handed out, so stopping early loses nothing.
        """
        for number, path in self._stable_listing():
            position = self._positions.setdefault(number, _Position())
            try:
                with path.open("rb") as file:
                    file.seek(position.offset)
                    data = file.read()
            except FileNotFoundError:
                # Closed under our hands: it comes under its new name next time, before any
                # later segment may be read.
                return
            final = path.suffix == ".closed"
            for line in data.splitlines(keepends=True):
                if not line.endswith(b"\n") and not final:
                    break
                position.offset += len(line)
                try:
                    sequence, event = decode(line)
                except UndecodableLineError as problem:
                    self.skipped += 1
                    _log.warning("skipped a line of %s: %s", path.name, problem)
                    continue
                position.last = max(position.last, sequence)
                if sequence > self._after:
                    self._after = sequence
                    yield sequence, event

    def _stable_listing(self) -> list[tuple[int, Path]]:
        """Segments, listed twice alike.

        A segment that is renamed while the folder is read may be missing from one listing; to
        read the one after it first would lose its tail.
        """
        found = segments(self._folder)
        while (again := segments(self._folder)) != found:
            found = again
        return found

    def delete_done(self, done: int) -> None:
        """Delete closed segments whose every event is in MLflow."""
        for number, path in segments(self._folder):
            position = self._positions.get(number)
            if path.suffix != ".closed" or position is None:
                continue
            if position.last <= done and position.offset == path.stat().st_size:
                path.unlink()
                del self._positions[number]
