"""Handles SIGINT and SIGTERM during a search: the first drains it, the second stops at once.

Ray Tune's own handling of SIGINT calls no hook of ours, and SIGTERM would exit past every cleanup.
The handlers have to be installed after `ray.init`, which installs some itself.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """A context that notes the first signal, raises at the second, and restores the old handlers.

    Python delivers signals to the main thread alone. In another thread nothing is installed, and
    no signal is seen.

    Attributes:
        received: The number of the first signal, or None.

    Raises:
        KeyboardInterrupt: On entry, where a signal came during `noted`; or whatever else its
            handler raises.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._old: dict[int, Any] = {}
        self._shields = 0
        self._at_once = False

    def name(self) -> str | None:
        """The name of the first signal, such as `SIGINT`, or None."""
        return None if self.received is None else signal.Signals(self.received).name

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A context for the time before the search, in which signals keep their old handlers.

        A handler that raises is not enough there: imports and Ray's start call back from C, where
        an exception is lost. So the signal is noted too, and the search looks at the note before
        it begins.
        """
        old: dict[int, Any] = {}

        def note(number: int, frame: FrameType | None) -> None:
            self.received = number
            old[number](number, frame)

        if threading.current_thread() is threading.main_thread():
            before = {number: signal.getsignal(number) for number in SIGNALS}
            old = {number: handler for number, handler in before.items() if callable(handler)}
        try:
            for number in old:
                signal.signal(number, note)
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    @contextmanager
    def shield(self) -> Iterator[None]:
        """A context for a block that writes, until whose end a second signal has to wait."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        if self._at_once and not self._shields:
            raise KeyboardInterrupt

    def __enter__(self) -> Signals:
        if self.received is not None:  # the exception of its handler was lost
            signal.raise_signal(self.received)
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._old[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._old.items():
            # None stands for a handler that was not set from Python, and cannot be restored.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        self._old.clear()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.received is None:
            self.received = number
            return
        self._at_once = True
        if not self._shields:
            raise KeyboardInterrupt
