"""The writer's side of the outbox: read events in order, each once, and delete what is done."""

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
"""The ending of a segment that is kept because some of its lines could not be read."""

_log = logging.getLogger(__name__)


_Line = tuple[int, Event] | UndecodableLineError


@dataclass(slots=True)
class _Position:
    """How many bytes of a segment were read, and the last sequence number in them."""

    offset: int = 0
    last: int = 0


class SegmentReader:
    """Reads closed segments, and the open one up to its last newline.

    Attributes:
        damaged: How many events are lost: lines that cannot be read, other than the half line that
            a kill leaves, and sequence numbers that are missing.
        last: The number of the last line that was read or skipped.
    """

    def __init__(self, folder: Path, after: int) -> None:
        """Begin after the event with the sequence number `after`."""
        self.damaged = 0
        self.last = after
        self._folder = folder
        self._done = after
        self._positions: dict[int, _Position] = {}
        self._hurt: set[int] = set()
        self._believed = after

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
                # It was closed, and renamed, a moment ago. The next call reads it under its
                # new name; until then no later segment may be read.
                return
            final = path.suffix == ".closed"
            lines = [line for line in BytesIO(data) if line.endswith(b"\n") or final]
            decoded = [_decoded(line) for line in lines]
            for place, (line, one) in enumerate(zip(lines, decoded, strict=True)):
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
                    position.last = self._numbered(one[0], decoded[place + 1 :], number)
                    yield position.last, one[1]

    def _note_damage(self, segment: int, count: int = 1) -> None:
        """Count lost events, and have the segment kept when it is done."""
        self.damaged += count
        self._hurt.add(segment)

    def _numbered(self, number: int, behind: Sequence[_Line], segment: int) -> int:
        """The sequence number that an event is given: the one that its line says, where it can be
        right.

        If a number that is too large were believed, the events after it, with lower numbers, would
        be skipped; so it is not believed where the next line goes on below it. Only lines of older
        versions, which have no checksum, can say a wrong number.

        Args:
            number: What the line says.
            behind: The lines that follow it in the segment.
        """
        missing = number - 1 - self.last
        after = next((one[0] for one in behind if isinstance(one, tuple)), number + 1)
        if number <= self._believed or (missing > 0 and after <= number):
            _log.warning("a line says that it is event %d, after %d", number, self.last)
            self._note_damage(segment)
            self.last += 1
            return self.last
        if missing > 0 and self.last > 0:
            _log.warning("events %d to %d are missing", self.last + 1, number - 1)
            self._note_damage(segment, missing)
        self._believed = self.last = number
        return number

    def _stable_listing(self) -> list[tuple[int, Path]]:
        """The segments, from two listings of the folder that are equal.

        A segment that is renamed while the folder is listed may be missing from the listing. If the
        one after it were read first, the rest of the missing one would never be read.
        """
        listing = segments(self._folder)
        while (again := segments(self._folder)) != listing:
            listing = again
        return listing

    def delete_done(self, done: int) -> None:
        """Delete closed segments that hold no event above `done`; rename those that are damaged."""
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
    """An unused name for a damaged segment: once all segments are gone, their numbers begin
    anew."""
    kept, again = segment.with_suffix(DAMAGED), 1
    while kept.exists():
        again += 1
        kept = segment.with_name(f"{segment.stem}-{again}{DAMAGED}")
    return kept


def _decoded(line: bytes) -> _Line:
    """The event of a line with its number, or why there is none."""
    try:
        return decode(line)
    except UndecodableLineError as problem:
        return problem
