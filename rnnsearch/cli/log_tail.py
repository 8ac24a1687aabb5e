"""For `--verbose`: hand on each new line of a study's log files, into which the libraries write."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

POLL_SECONDS = 0.5
"""How often the files are looked at."""


class LogTail:
    """A context in which every new line of `folder/*.log` is handed on, the file's name before it.

    Lines that an earlier run left are not repeated; a file that appears later is read from its
    start.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._say = say
        self._offsets = {path: path.stat().st_size for path in folder.glob("*.log")}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="log-tail", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._done.set()
        self._thread.join()
        self.read()

    def read(self) -> None:
        """Hand on the lines that were finished since the last call."""
        for path in sorted(self._folder.glob("*.log")):
            offset = self._offsets.get(path, 0)
            with path.open("rb") as file:
                file.seek(offset)
                data = file.read()
            full = data[: data.rfind(b"\n") + 1]
            self._offsets[path] = offset + len(full)
            for line in full.decode("utf-8", errors="replace").splitlines():
                self._say(f"[{path.stem}] {line}")

    def _follow(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self.read()
