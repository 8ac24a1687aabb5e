"""Gives up waiting for an object store that hangs: one that is connected, and never answers.

The store's own library gives up a connection that stands still, and not one that trickles.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

from rnnsearch.errors import StoreAwayError

T = TypeVar("T")


class InTime:
    """Does one thing after the other, each in a thread, and waits for it so long.

    What hangs goes on by itself. Until it has ended nothing else is begun, so that an old write
    cannot come after a newer one.

    Args:
        seconds: How long a thing may take.
        where: The store, for the error.
    """

    def __init__(self, seconds: float, where: str) -> None:
        self._seconds, self._where = seconds, where
        self._hangs: Thread | None = None

    def do(self, action: Callable[[], T]) -> T:
        """What `action` returns, or raises.

        Raises:
            StoreAwayError: It takes too long, or what did so before it has not ended yet.
        """
        if self._hangs is not None and self._hangs.is_alive():
            raise StoreAwayError(f"{self._where} still hangs: what was asked has no answer yet.")
        done: list[T] = []
        failed: list[BaseException] = []

        def work() -> None:
            try:
                done.append(action())
            except BaseException as error:  # raised by the caller's thread
                failed.append(error)

        thread = Thread(target=work, name="object-store", daemon=True)
        self._hangs = thread  # from here on, since the waiting may be interrupted
        thread.start()
        thread.join(self._seconds)
        if thread.is_alive():
            raise StoreAwayError(
                f"{self._where} hangs: it is connected, and has given no answer for "
                f"{self._seconds:g} s. Look whether the store runs."
            )
        if failed:
            raise failed[0]
        return done[0]
