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


@contextmanager
def head_watched(
    head_answers: Callable[[], bool],
    lost: Callable[[], None],
    stuck: Callable[[], None],
    *,
    silent: Callable[[bool], None] = lambda yes: None,
    lost_seconds: float = LOST_SECONDS,
    leave_seconds: float = LEAVE_SECONDS,
    look_seconds: float = LOOK_SECONDS,
) -> Iterator[None]:
    """A context in which a thread watches the head; its end means that the driver has left Ray.

    Args:
        head_answers: Finds out within seconds whether the head answers.
        lost: Called once when the head is lost; it should make the driver leave Ray.
        stuck: Called if the driver has not left in time; it should end the process.
        silent: Called at each look with whether the head did not answer, and with False at the end,
            when nothing waits for it.
        lost_seconds: How long the head may be silent.
        leave_seconds: How long the driver may take to leave.
        look_seconds: Seconds between two looks.
    """
    left = threading.Event()

    def watch() -> None:
        answered = time.monotonic()
        while not left.wait(look_seconds):
            if answering := head_answers():
                answered = time.monotonic()
            if left.is_set():
                return
            silent(not answering)
            if not answering and time.monotonic() - answered >= lost_seconds:
                lost()
                if not left.wait(leave_seconds):
                    stuck()
                return

    thread = threading.Thread(target=watch, name="ray-head", daemon=True)
    thread.start()
    try:
        yield
    finally:
        left.set()
        thread.join(CONNECT_SECONDS + look_seconds)
        silent(False)
