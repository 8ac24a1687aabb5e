"""`--verbose`: what the libraries write into a study's log files, line by line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

POLL_SECONDS = 0.5


class LogTail:
    """A context that hands on every new line of `folder/*.log`, with the file's stem before it.

    Lines that an earlier run left are not repeated; files that appear later are read whole.
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
        """Hand on what has been written since the last call, up to the last full line."""
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
