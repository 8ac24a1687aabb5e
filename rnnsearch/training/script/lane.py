"""A thread in which the scripts of a pack run, one at a time."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

Job = tuple[Callable[[], Any], "Future[Any]"]


class Lane:
    """Runs one piece of work after the other, while the pack waits for it no longer than it wants.

    A slice of a pack ends after two seconds, and an epoch of a script may take an hour.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[Job | None] = SimpleQueue()
        self._now: Future[Any] | None = None
        threading.Thread(target=_serve, args=(self._asked,), name="scripts", daemon=True).start()
        weakref.finalize(self, self._asked.put, None)

    @property
    def busy(self) -> bool:
        """Whether something is still running."""
        return self._now is not None and not self._now.done()

    def begin(self, work: Callable[[], Any]) -> Future[Any]:
        """Run something, once what runs now is done."""
        future: Future[Any] = Future()
        self._now = future
        self._asked.put((work, future))
        return future


def _serve(asked: SimpleQueue[Job | None]) -> None:
    while (job := asked.get()) is not None:
        work, future = job
        try:
            result = work()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        del job, work, future
