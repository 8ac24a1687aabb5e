"""The event files of one TensorBoard run: appended to, and whole after a kill.

A file is a row of records, each an `Event` message between its length and its checksums. A driver
that is killed leaves half a record at the end of its file; the next one begins a file of its own in
the same folder, and readers go on there.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Mapping
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from rnnsearch.disk import append_bytes

VERSION = "brain.Event:2"
"""First record of every file."""


class EventFiles:
    """One run: a folder with the event files of every driver that wrote to it.

    The file is open only while it is written, so a study may have any number of runs.

    Attributes:
        last: The last step of each tag, and its value; of a tag without a number, NaN.
    """

    def __init__(self, folder: Path) -> None:
        """Read what the folder holds; it need not be there.

        Raises:
            OSError: It cannot be read.
        """
        self.last: dict[str, tuple[int, float]] = {}
        self._folder = folder
        self._waiting = io.BytesIO()
        self._writer = RecordWriter(self._waiting)
        self._path: Path | None = None
        self._size = 0
        for path in sorted(folder.glob("*.tfevents.*")):
            # Of a file whose driver was killed, the whole records before the half one.
            for record in RawEventFileLoader(str(path)).Load():
                self._note(Event.FromString(record))

    @property
    def waiting(self) -> bool:
        """Whether something was put that is not written."""
        return bool(self._waiting.tell())

    def put(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Values at a step, in one record; a tag that has this step or a later one is left out.

        Args:
            seconds: Unix time.
        """
        fresh = [
            Summary.Value(tag=tag, simple_value=value)
            for tag, value in values.items()
            if tag not in self.last or self.last[tag][0] < step
        ]
        if fresh:
            self._put(Event(wall_time=seconds, step=step, summary=Summary(value=fresh)))

    def put_once(self, seconds: float, summary: Summary) -> None:
        """A summary of one value, unless its tag is there."""
        if summary.value[0].tag not in self.last:
            self._put(Event(wall_time=seconds, summary=summary))

    def write(self) -> None:
        """Append what waits.

        Raises:
            OSError: The disk refused; it waits on, and the file is as it was.
        """
        if not self.waiting:
            return
        if self._path is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"events.out.tfevents.{time.time():.6f}.{os.getpid()}"
            self._path = self._folder / name
        data = self._waiting.getvalue()
        if not self._size:
            data = _framed(Event(wall_time=time.time(), file_version=VERSION)) + data
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            append_bytes(file, data, self._size, sync=False)
        finally:
            os.close(file)
        self._size += len(data)
        self._waiting.seek(0)
        self._waiting.truncate()

    def _put(self, event: Event) -> None:
        self._note(event)
        self._writer.write(event.SerializeToString())

    def _note(self, event: Event) -> None:
        for value in event.summary.value:
            number = value.simple_value if value.HasField("simple_value") else float("nan")
            self.last[value.tag] = (event.step, number)


def _framed(event: Event) -> bytes:
    alone = io.BytesIO()
    RecordWriter(alone).write(event.SerializeToString())
    return alone.getvalue()
