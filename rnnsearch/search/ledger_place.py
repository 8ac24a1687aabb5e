"""Whether a study has a ledger, without opening it.

The journal store (`rnnsearch.search.ledger.journal_store`) keeps a ledger in a file. What can be
told from that file alone stands here, apart from the store, since the store imports Optuna, and
looking for studies must not take that long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """The place of a study's journal file."""

    path: Path

    def exists(self) -> bool:
        """Whether there is a ledger, even an empty one."""
        return self.path.is_file()

    def has_records(self) -> bool:
        """Whether the ledger holds at least one whole record; half a one was never promised."""
        try:
            with self.path.open("rb") as file:
                return file.readline().endswith(b"\n")
        except FileNotFoundError:
            return False
