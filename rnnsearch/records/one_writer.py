"""An outbox has one writer at a time; one whose driver was killed makes room for the next."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of an outbox; waits for a writer that a killed driver left at work.

    That writer sees that it is waited for (`is_waited_for`) and leaves the remaining events to this
    one, instead of trying for minutes to reach a server that is down.
    """
    with (folder / "writer.lock").open("a") as lock:
        with (folder / "writer.waiting").open("a") as waiting:
            fcntl.flock(waiting, fcntl.LOCK_EX)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_waited_for(folder: Path) -> bool:
    """Whether another writer waits in `only_writer`; the lock of a dead process does not count."""
    with (folder / "writer.waiting").open("a") as waiting:
        try:
            fcntl.flock(waiting, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
