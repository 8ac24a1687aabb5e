"""A sign of life of the writer process within a long write: a file whose time changes.

The state file tells what is done, a batch of thousands of events at a time, which may take a slow
store minutes. Who waits for the records gives up on silence, and not on such a batch.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FILE = "pulse"
"""The file's name in an outbox."""
SECONDS = 1.0
"""It is changed at most so often."""


class Pulse:
    """The writer's side."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file, self._clock = folder / FILE, clock
        self._due = clock()

    def beat(self) -> None:
        """Note that the store has just answered."""
        if self._clock() >= self._due:
            self._due = self._clock() + SECONDS
            with suppress(OSError):  # a full disk has its own words elsewhere
                self._file.write_text(str(time.time()), encoding="ascii")

    def stop(self) -> None:
        """Take the file away."""
        self._file.unlink(missing_ok=True)


def last_beat(folder: Path) -> int:
    """What changes with each sign of life; 0 where there was none."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except OSError:
        return 0
