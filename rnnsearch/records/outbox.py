"""The driver's side of the records: events are appended to files, and nothing else is done.

The files are called segments. A folder holds `000001.closed`, `000002.closed`, ..., one
`00000N.open` that grows, and `study-id`, a random name that keeps studies of one name apart on a
shared server. The writer process deletes a closed segment once MLflow has all of its events.
"""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from rnnsearch.disk import append_bytes, place_and_reason, replace_file, writing
from rnnsearch.events import Event
from rnnsearch.records.events_codec import UndecodableLineError, decode, encode, records_in
from rnnsearch.records.writer_state import WriterState

SEGMENT_BYTES = 4_000_000
"""A segment is closed when it has grown to this size."""
SEGMENT_SECONDS = 30.0
"""It is closed at this age too, so that the writer can delete what it has moved."""
RETRY_SECONDS = 1.0
"""How long to wait between attempts at a disk that refuses."""

_SEGMENT = re.compile(r"^(\d{6,})\.(open|closed)$")


def segments(folder: Path) -> list[tuple[int, Path]]:
    """The segments of an outbox with their numbers, oldest first."""
    matches = ((_SEGMENT.match(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in matches if match)


def study_id(folder: Path) -> str:
    """The random name of the study that an outbox belongs to."""
    return (folder / "study-id").read_text(encoding="ascii").strip()


class Outbox:
    """A Listener that appends each event to the open segment.

    Events that the disk refuses wait in memory and are tried again; `problem` then says why. May be
    called from several threads.
    """

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the folder, and close the segment that a killed driver left open.

        Raises:
            OSError: The folder cannot be made or read.
        """
        self.problem: str | None = None
        self._folder = folder
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._file: int | None = None
        self._written = 0
        self._opened = 0.0
        self._retry_at = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        identity = folder / "study-id"
        if not identity.exists():
            replace_file(identity, uuid.uuid4().hex)
        left = segments(folder)
        for _, path in left:
            if path.suffix == ".open":
                path.rename(path.with_suffix(".closed"))
        self._number = left[-1][0] + 1 if left else 1
        self.sequence = max(WriterState.load(folder).done, _last_sequence(folder))
        """The number of the last event, written or waiting."""

    def on_event(self, event: Event) -> None:
        with self._lock:
            self.sequence += 1
            self._waiting.append(encode(event, self.sequence))
            if self._retry_at and self._clock() < self._retry_at:
                return
            self._drain()

    def close(self) -> None:
        """Write what waits in memory and close the open segment; `problem` says if the disk
        refuses."""
        with self._lock:
            self._drain()
            if not self._waiting:
                self._guarded(self._rotate)
            if self._file is not None:
                file, self._file = self._file, None
                os.close(file)

    def _drain(self) -> None:
        self._guarded(self._write_waiting)

    def _guarded(self, action: Callable[[], None]) -> None:
        """Do something with the disk; an error of it is noted in `problem`, and the search goes
        on."""
        try:
            action()
        except OSError as error:
            self.problem = f"records wait in memory: {place_and_reason(error)}"
            self._retry_at = self._clock() + RETRY_SECONDS
        else:
            self.problem = None
            self._retry_at = 0.0

    def _write_waiting(self) -> None:
        while self._waiting:
            path = self._folder / f"{self._number:06d}.open"
            if self._file is None:
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
                self._written, self._opened = os.fstat(self._file).st_size, self._clock()
            line = self._waiting[0]
            # Without a sync the line survives the death of the driver, which is enough here.
            append_bytes(self._file, line, self._written, path, sync=False)
            self._written += len(line)
            self._waiting.popleft()
            if self._written >= SEGMENT_BYTES or self._clock() - self._opened >= SEGMENT_SECONDS:
                self._rotate()

    def _rotate(self) -> None:
        """Close the open segment, durably, and begin another one with the next event."""
        if self._file is None:
            return
        path = self._folder / f"{self._number:06d}.open"
        with writing(path):
            os.fsync(self._file)
        path.rename(path.with_suffix(".closed"))
        file, self._file = self._file, None
        self._number += 1
        os.close(file)


def _last_sequence(folder: Path) -> int:
    """The largest sequence number in an outbox, so that none is given to two events.

    A line that cannot be read had a number too, unless it was never written to its end.
    """
    unread = 0
    for _, path in reversed(segments(folder)):
        for line in reversed(list(BytesIO(path.read_bytes()))):
            try:
                return decode(line)[0] + unread
            except UndecodableLineError:
                unread += records_in(line) if line.endswith(b"\n") else 0
    return unread
