"""The writer's side of the outbox: events in order, each once, and segments deleted behind."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from rnnsearch.events import Event
from rnnsearch.records.events_codec import UndecodableLineError, decode, records_in
from rnnsearch.records.outbox import segments

DAMAGED = ".damaged"
"""What a segment ends in that held lines which nobody could read."""

_log = logging.getLogger(__name__)


_Line = tuple[int, Event] | UndecodableLineError


@dataclass(slots=True)
class _Position:
    """How far a segment was read, in bytes, and the last sequence number seen in it."""

    offset: int = 0
    last: int = 0


class SegmentReader:
    """Reads closed segments, and the open one up to its last newline.

    Attributes:
        damaged: Lines that were torn or unknown as no kill leaves them, and numbers that are
            missing beside them.
        last: Number of the last line that was passed, a skipped one too.
    """

    def __init__(self, folder: Path, after: int) -> None:
        """Start behind the event with the sequence number `after`."""
        self.damaged = 0
        self.last = after
        self._folder = folder
        self._done = after
        self._positions: dict[int, _Position] = {}
        self._hurt: set[int] = set()
        self._said = after

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
            lines = [line for line in BytesIO(data) if line.endswith(b"\n") or final]
            found = [_decoded(line) for line in lines]
            for place, (line, one) in enumerate(zip(lines, found, strict=True)):
                position.offset += len(line)
                if isinstance(one, UndecodableLineError):
                    _log.warning("skipped a line of %s: %s", path.name, one)
                    # A kill leaves half a line at the end of the driver's last segment, and the
                    # next driver gives its number to another event.
                    if line.endswith(b"\n"):
                        self._note_damage(number, records_in(line))
                        self.last += records_in(line)
                        position.last = self.last
                elif one[0] > self._done:
                    position.last = self._numbered(one[0], found[place + 1 :], number)
                    yield position.last, one[1]

    def _note_damage(self, segment: int, count: int = 1) -> None:
        self.damaged += count
        self._hurt.add(segment)

    def _numbered(self, said: int, behind: Sequence[_Line], segment: int) -> int:
        """The number that a line counts as.

        A number that jumps would hide the lines behind it, which have lower ones: it is not
        believed where they go on below it. Only lines of older versions, which have no checksum,
        can say a wrong one.
        """
        missing = said - 1 - self.last
        after = next((one[0] for one in behind if isinstance(one, tuple)), said + 1)
        if said <= self._said or (missing > 0 and after <= said):
            _log.warning("a line says that it is event %d, after %d", said, self.last)
            self._note_damage(segment)
            self.last += 1
            return self.last
        if missing > 0 and self.last > 0:
            _log.warning("events %d to %d are missing", self.last + 1, said - 1)
            self._note_damage(segment, missing)
        self._said = self.last = said
        return said

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
        """Delete closed segments whose every event is in MLflow; a damaged one is kept aside."""
        for number, path in segments(self._folder):
            position = self._positions.get(number)
            if path.suffix != ".closed" or position is None:
                continue
            if position.last <= done and position.offset == path.stat().st_size:
                if number in self._hurt:
                    path.rename(_free_name(path))
                else:
                    path.unlink()
                del self._positions[number]


def _free_name(segment: Path) -> Path:
    """Where a damaged segment is kept; numbers begin anew once all segments are gone."""
    kept, again = segment.with_suffix(DAMAGED), 1
    while kept.exists():
        again += 1
        kept = segment.with_name(f"{segment.stem}-{again}{DAMAGED}")
    return kept


def _decoded(line: bytes) -> _Line:
    try:
        return decode(line)
    except UndecodableLineError as problem:
        return problem
