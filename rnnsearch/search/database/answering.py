"""A limit to how long a database is waited for.

A server that is frozen, or whose disk hangs, closes no connection, and the kernel of its machine
acknowledges all that is sent to it: neither a dead connection nor a silent network is seen.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from typing import Any, Self

ANSWER_SECONDS = 20.0
"""How long the answer to a statement may take. A new connection is waited for half as long after
that, so that a driver says within 40 seconds what it waits for."""


class Answering:
    """A context in which a connection is cut off once its server has not answered for so long.

    Args:
        connection: One of psycopg2's.

    Attributes:
        silent: Whether it was cut off.

    Raises:
        TimeoutError: On leaving, where the connection was cut off before the answer came.
    """

    def __init__(self, connection: Any, seconds: float) -> None:
        self._connection, self._seconds = connection, seconds
        self._over = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut_off)
        self._timer.daemon = True
        self.silent = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        with self._lock:
            self._over = True
        self._timer.cancel()
        if self.silent and isinstance(error, Exception):
            raise TimeoutError(f"no answer within {self._seconds:g} s") from error

    def _cut_off(self) -> None:
        """End what the client waits for, which then raises its own error."""
        with self._lock:
            if self._over:
                return
            self.silent = True
            with suppress(OSError), socket.socket(fileno=os.dup(self._connection.fileno())) as own:
                own.shutdown(socket.SHUT_RDWR)
