"""Notices that Ray's head service (the GCS) is gone, before Ray ends the process.

Ray waits a minute for its head and then ends the whole process from C++, where no `except` and no
`finally` of ours runs. Tune's loop may be in a call to the head by then that never returns. So a
thread of ours looks after the head, and acts earlier.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOST_SECONDS = 25.0
"""How long the head may be silent: one that is restarted with its state answers within this."""
LEAVE_SECONDS = 15.0
"""How long the driver may take to leave Ray. With `LOST_SECONDS` it is less than Ray's minute."""
LOOK_SECONDS = 1.0
CONNECT_SECONDS = 3.0


def answers(address: str) -> bool:
    """Whether something listens at HOST:PORT."""
    try:
        connect(address, CONNECT_SECONDS)
    except OSError:
        return False
    return True


def connect(address: str, seconds: float) -> None:
    """Open a connection to HOST:PORT and close it again.

    Raises:
        OSError: Nothing answers within so many seconds.
    """
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()


@dataclass(eq=False)
class HeadWatch:
    """Looks whether the head answers, and acts once it has not answered for too long.

    Args:
        head_answers: Finds out within seconds whether the head answers.
        lost: Called once when the head is lost; it should make the driver leave Ray.
        stuck: Called if the driver has not left in time; it should end the process.
        lost_seconds: How long the head may be silent.
        leave_seconds: How long the driver may take to leave.
        look_seconds: Seconds between two looks.
    """

    head_answers: Callable[[], bool]
    lost: Callable[[], None]
    stuck: Callable[[], None]
    lost_seconds: float = LOST_SECONDS
    leave_seconds: float = LEAVE_SECONDS
    look_seconds: float = LOOK_SECONDS

    def __post_init__(self) -> None:
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ray-head", daemon=True)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """A context in which the head is watched; its end means that the driver has left Ray."""
        self._thread.start()
        try:
            yield
        finally:
            self._left.set()
            self._thread.join(CONNECT_SECONDS + self.look_seconds)

    def _watch(self) -> None:
        heard = time.monotonic()
        while not self._left.wait(self.look_seconds):
            if self.head_answers():
                heard = time.monotonic()
            elif time.monotonic() - heard >= self.lost_seconds:
                self.lost()
                if not self._left.wait(self.leave_seconds):
                    self.stuck()
                return
