"""The records of a journal file as a driver appends them, for who looks at it for long."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from rnnsearch.errors import LedgerError

READ_ONLY = "rnnsearch shows its ledger here, and nothing in it can be changed by hand"


class FollowedJournal(BaseJournalBackend):
    """The whole records of a journal file, as a driver appends them; takes none itself."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._read = self._size = 0
        """How many records were read, and the bytes that they take."""

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The records from that number on; a half-written one at the end comes another time."""
        with self._lock, self._path.open("rb") as file:
            number, size = (self._read, self._size) if log_number_from >= self._read else (0, 0)
            file.seek(size)
            records = []
            for line in file:
                if not line.endswith(b"\n"):
                    break
                if number >= log_number_from:
                    records.append(json.loads(line))
                number += 1
                size += len(line)
            self._read, self._size = number, size
        return iter(records)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse.

        Raises:
            LedgerError: Always.
        """
        raise LedgerError(f"{self._path}: {READ_ONLY}.")
