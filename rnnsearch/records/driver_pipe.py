"""How the writer process knows whether its driver is still there, and how long it may go on."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable

IDLE_SECONDS = 0.25
"""How often a writer that has nothing to do looks again."""
ORPHAN_SECONDS = 600.0
"""How long a writer whose driver died goes on trying to move what is left."""


class Driver:
    """The driver at the other end of standard input.

    The driver says `close SECONDS` when it is done. Where the input ends without that, or the
    parent process changes, the driver has died.

    Attributes:
        is_done: Whether the driver said that it is done.
    """

    def __init__(self, waited_for: Callable[[], bool]) -> None:
        """
        Args:
            waited_for: Tells whether the writer of another driver waits for this one to end.
        """
        self._waited_for = waited_for
        self._parent = os.getppid()
        self._deadline: float | None = None
        self.is_done = False
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in sys.stdin:
            if line.startswith("close "):
                self.is_done = True
                self._deadline = time.monotonic() + float(line.split()[1])
        if self._deadline is None:
            self._deadline = time.monotonic() + ORPHAN_SECONDS

    @property
    def leaving(self) -> bool:
        """Whether the driver is done or dead."""
        if self._deadline is None and os.getppid() != self._parent:
            self._deadline = time.monotonic() + ORPHAN_SECONDS
        return self._deadline is not None

    def rest(self, seconds: float) -> None:
        """Sleep, but wake when the driver leaves: it waits for the writer from then on."""
        left, until = self.leaving, time.monotonic() + seconds
        while (now := time.monotonic()) < until and self.leaving == left and not self.out_of_time:
            time.sleep(min(IDLE_SECONDS, until - now))

    @property
    def out_of_time(self) -> bool:
        """Whether to end with events left in the outbox, which the writer of the next driver
        moves."""
        if not self.leaving or self._deadline is None:
            return False
        return time.monotonic() >= self._deadline or self._waited_for()
