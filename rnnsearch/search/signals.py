"""SIGINT and SIGTERM while a search runs: the first drains, the second stops at once.

Tune's own SIGINT path calls no hook, and SIGTERM would exit past every cleanup. Install after
`ray.init`, which sets handlers of its own.
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
    """A context that counts the signals of its time and restores the old handlers at its end.

    Python delivers signals to the main thread alone; in another thread nothing is installed and
    nothing is ever seen.

    Attributes:
        received: The first signal's number, or None.

    Raises:
        KeyboardInterrupt: On entry, or what else the handler raises of a signal that was noted
            before.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._old: dict[int, Any] = {}
        self._shields = 0
        self._at_once = False

    def name(self) -> str | None:
        """Name of the first signal, such as `SIGINT`, or None."""
        return None if self.received is None else signal.Signals(self.received).name

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A time before the search: a signal does what it did before, and is noted.

        Handlers raise there, and what runs there (imports, Ray's start) has callbacks out of C
        that swallow what is raised in them; so the search looks at the note before it begins.
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
        """Hold a second signal back until the end of a block that writes."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        if self._at_once and not self._shields:
            raise KeyboardInterrupt

    def __enter__(self) -> Signals:
        if self.received is not None:  # what its handler raised was swallowed
            signal.raise_signal(self.received)
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._old[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self._old.items():
            # None: the handler was not set from Python, and cannot be set again from here
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
