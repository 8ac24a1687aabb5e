"""What the writer hears of its driver."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

IDLE_SECONDS = 0.25
ORPHAN_SECONDS = 600.0
"""How long a writer whose driver died goes on trying."""


class Driver:
    """The driver at the other end of standard input, whose end means that it is gone."""

    def __init__(self, waited_for: Callable[[], bool]) -> None:
        """
        Args:
            waited_for: Whether the writer of another driver waits for this one to end.
        """
        self._waited_for = waited_for
        self._parent = os.getppid()
        self._deadline: float | None = None
        self.said_goodbye = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.startswith("close "):
                self.said_goodbye = True
                self._deadline = time.monotonic() + float(line.split()[1])
        if self._deadline is None:
            self._deadline = time.monotonic() + ORPHAN_SECONDS

    @property
    def leaving(self) -> bool:
        if self._deadline is None and os.getppid() != self._parent:
            self._deadline = time.monotonic() + ORPHAN_SECONDS
        return self._deadline is not None

    def rest(self, seconds: float) -> None:
        """Sleep, up to the moment when the driver leaves: then every second counts."""
        left, until = self.leaving, time.monotonic() + seconds
        while (now := time.monotonic()) < until and self.leaving == left and not self.out_of_time:
            time.sleep(min(IDLE_SECONDS, until - now))

    @property
    def out_of_time(self) -> bool:
        """Whether to leave the rest: to the next driver's writer, if it waits for us."""
        if not self.leaving or self._deadline is None:
            return False
        return time.monotonic() >= self._deadline or self._waited_for()
