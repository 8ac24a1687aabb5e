"""The event files of one TensorBoard run, which can be read after any kill of the driver.

A file is a sequence of records, each an `Event` message between its length and its checksums. A
driver that is killed may leave half a record at the end of its file. The next driver begins another
file in the same folder, and readers go on with that one.
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
"""The first record of every file says this."""


class EventFiles:
    """One run of TensorBoard: a folder with a file of each driver that wrote to it.

    A file is open only while it is written to, so a study may have any number of runs.

    Attributes:
        last: The last step and value of each tag; NaN where its value is no number.
    """

    def __init__(self, folder: Path) -> None:
        """Read the files of earlier drivers; the folder need not exist.

        Raises:
            OSError: A file cannot be read.
        """
        self.last: dict[str, tuple[int, float]] = {}
        self._folder = folder
        self._waiting = io.BytesIO()
        self._writer = RecordWriter(self._waiting)
        self._path: Path | None = None
        self._size = 0
        for path in sorted(folder.glob("*.tfevents.*")):
            # The loader stops before half a record, which a killed driver leaves.
            for record in RawEventFileLoader(str(path)).Load():
                self._note(Event.FromString(record))

    @property
    def waiting(self) -> bool:
        """Whether there are records that are not written yet."""
        return bool(self._waiting.tell())

    def put(self, step: int, seconds: float, values: Mapping[str, float]) -> None:
        """Add values at a step, in one record; a tag that has this step or a later one is left out.

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
        """Add a summary with one value, unless its tag exists already."""
        if summary.value[0].tag not in self.last:
            self._put(Event(wall_time=seconds, summary=summary))

    def write(self) -> None:
        """Append the waiting records to the file.

        Raises:
            OSError: The disk refused. The records go on waiting, and the file is as it was.
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
            append_bytes(file, data, self._size, self._path, sync=False)
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
    """An event as a record, between its length and its checksums."""
    record = io.BytesIO()
    RecordWriter(record).write(event.SerializeToString())
    return record.getvalue()
