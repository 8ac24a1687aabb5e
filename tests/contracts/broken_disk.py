"""A disk that fails where a test wants it to: it stands in for `os` in `rnnsearch.disk`."""

from __future__ import annotations

import errno
import os
from typing import Any


class BrokenDisk:
    """Passes everything on to `os`, up to the byte or the call at which it refuses.

    Attributes:
        room: Bytes that it still takes; None for any number. A write that does not fit is cut
            off where the room ends, and the next one is refused, as a full disk does it.
        refused: Names of calls that fail: `fsync`, `ftruncate`, `replace`, `link`, `open`.
        error: What they fail with.
    """

    def __init__(
        self, room: int | None = None, *, refused: tuple[str, ...] = (), error: int = errno.ENOSPC
    ) -> None:
        self.room = room
        self.refused = refused
        self.error = error

    def mend(self) -> None:
        """There is room again, and everything works."""
        self.room, self.refused = None, ()

    def pwrite(self, descriptor: int, data: memoryview, place: int) -> int:
        if self.room is None:
            return os.pwrite(descriptor, data, place)
        if self.room == 0:
            raise OSError(self.error, os.strerror(self.error))
        taken = os.pwrite(descriptor, data[: self.room], place)
        self.room -= taken
        return taken

    def __getattr__(self, name: str) -> Any:
        if name not in self.refused:
            return getattr(os, name)

        def refuse(*arguments: object, **options: object) -> None:
            raise OSError(self.error, os.strerror(self.error))

        return refuse
