"""A thread that asks the sampler before anybody needs the answer.

TPE takes 12 ms for a proposal at 1,000 trials and 75 ms at 5,000; a pack with a free slot should
not wait for it, nor should the driver's loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable


class AskAhead:
    """Keeps `want` answers ready by calling `ask_one` in a daemon thread.

    Args:
        ready: How many are ready now.
        ask_one: Makes one more ready; False when there is nothing more to ask for.
    """

    def __init__(self, ready: Callable[[], int], ask_one: Callable[[], bool]) -> None:
        self._ready = ready
        self._ask_one = ask_one
        self._changed = threading.Condition()
        self._wanted = 0
        self._dry = False
        self._closed = False
        self._failure: BaseException | None = None
        self._thread: threading.Thread | None = None

    def want(self, count: int) -> None:
        """Sets how many shall be ready from now on; the thread starts at the first call."""
        with self._changed:
            self._wanted = count
            self._dry = False
            if self._thread is None and not self._closed and count > 0:
                self._thread = threading.Thread(target=self._run, name="ask-ahead", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def taken(self) -> None:
        """Says that one that was ready has gone."""
        with self._changed:
            self._changed.notify_all()

    def raise_failure(self) -> None:
        """Raises what ended the thread, if anything did."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Ends the thread, after the proposal that it is at."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and (self._dry or self._ready() >= self._wanted):
                    self._changed.wait()
                if self._closed:
                    return
            try:
                more = self._ask_one()
            except BaseException as error:
                # Kept for the driver's thread, whose next `ask` raises it.
                self._failure = error
                return
            if not more:
                with self._changed:
                    self._dry = True
