"""A line on standard error that says how far something is that takes a while."""

from __future__ import annotations

import sys
import time

SAY_SECONDS = 5.0
"""Seconds between two lines, where they cannot be written over each other."""


class ProgressLine:
    """On a terminal it is written over and wiped away at the end; elsewhere a line every few
    seconds, and none of what ends sooner."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._last = time.monotonic()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._terminal and not self._quiet:
            print("\r\033[K", end="", file=sys.stderr, flush=True)

    def say(self, text: str) -> None:
        """Put a text in the place of the last one."""
        if self._quiet:
            return
        if self._terminal:
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - self._last >= SAY_SECONDS:
            self._last = time.monotonic()
            print(text, file=sys.stderr, flush=True)
