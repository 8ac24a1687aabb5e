"""Keeps the copy of a running study's folder in an object store up to date, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from rnnsearch.errors import StorageError, StudyLockedError
from rnnsearch.search.mirror.mirror import Mirror

PUSH_SECONDS = 2.0
PATIENCE_SECONDS = 120.0
"""How long the end of a run waits for a store that does not answer."""
RETRY_SECONDS = 2.0


class Keeper:
    """Pushes what changes, until it is closed.

    While the store does not answer, the study goes on, and a line says so; what waits is pushed
    once it answers again.

    Args:
        tell: Called with such a line, from another thread too.
    """

    def __init__(self, mirror: Mirror, tell: Callable[[str], None]) -> None:
        self._mirror, self._tell = mirror, tell
        self._closing = threading.Event()
        self._away = False
        self._thread = threading.Thread(target=self._keep, name="store-mirror", daemon=True)

    def start(self) -> None:
        """Push all that there is, and then whatever changes.

        Raises:
            StorageError: The store does not answer, or refuses.
        """
        self._mirror.push()
        self._thread.start()

    def close(self, patience: float, again: str) -> bool:
        """Push the rest, and end; says what the store lacks if it does not answer for so long.

        Args:
            again: A command that pushes it later.

        Returns:
            Whether everything is there.
        """
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join()
        whole = self.settle(patience)
        if not whole and self._mirror.claimed:
            files, size = self._mirror.behind()
            self._tell(
                f"{self._mirror.remote} lacks {files} files ({size / 1e6:.1f} MB), which lie in "
                f"{self._mirror.root}. Once it answers, this pushes them from here: {again}"
            )
        self._mirror.release()
        return whole

    def settle(self, patience: float) -> bool:
        """Push until the store has everything; False where it has not within the time, or where
        another driver has the study."""
        until = time.monotonic() + patience
        while self._mirror.claimed:
            if self._push(logs=True):
                return True
            if time.monotonic() >= until:
                break
            time.sleep(RETRY_SECONDS)
        return False

    def _keep(self) -> None:
        while not self._closing.wait(PUSH_SECONDS) and self._mirror.claimed:
            self._push(logs=False)

    def _push(self, *, logs: bool) -> bool:
        """Push once; whether that worked. What keeps it from working is said once."""
        try:
            self._mirror.push(logs=logs)
            self._mirror.hear_stop()
        except StudyLockedError as error:
            self._tell(str(error))
            return False
        except (StorageError, OSError) as error:
            if not self._away:
                self._away = True
                self._tell(f"the study goes on, and its files wait on this machine: {error}")
            return False
        if self._away:
            self._away = False
            self._tell(f"{self._mirror.remote} answers again, and has all files")
        return True
