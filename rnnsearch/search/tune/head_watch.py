"""Notices that Ray's head service (the GCS) is gone, while something can still be said.

Ray waits for its head for a minute and then ends the whole process from C++, where no `except` and
no `finally` of ours runs. By then Tune's loop may stand in a call that asks the head and never
returns. So a thread of ours looks first.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LOST_SECONDS = 25.0
"""A head that was restarted with its state answers again within this."""
LEAVE_SECONDS = 15.0
"""For the driver to leave Tune's loop and Ray; together with the above less than Ray's minute."""
LOOK_SECONDS = 1.0
CONNECT_SECONDS = 3.0


def answers(address: str) -> bool:
    """Whether somebody listens at HOST:PORT."""
    try:
        connect(address, CONNECT_SECONDS)
    except OSError:
        return False
    return True


def connect(address: str, seconds: float) -> None:
    """Reach whoever listens at HOST:PORT and say nothing.

    Raises:
        OSError: Nobody answers.
    """
    host, _, port = address.rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=seconds).close()


@dataclass(eq=False)
class HeadWatch:
    """Looks whether the head answers, and acts once it has not for too long.

    Args:
        head_answers: Whether it does, within seconds.
        lost: Called once when it is lost; should make the driver leave.
        stuck: Called if the driver has not left after that; should end the process.
        lost_seconds: How long it may be silent.
        leave_seconds: How long the driver may take to leave.
        look_seconds: Between two looks.
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
        """Watch for the time of the context, which has left when it ends."""
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
