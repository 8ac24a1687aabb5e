"""Where the ledger of a study lies, and what can be told of it without opening it.

It is a journal file in the study's folder, or rows in a database. What opens a ledger imports
Optuna, and looking for studies must not take that long.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rnnsearch.disk import replace_file
from rnnsearch.errors import StudyNotFoundError
from rnnsearch.search.database.note import LedgerNote
from rnnsearch.search.database.stored import State, StoredLedger


class LedgerPlace(Protocol):
    """The place of a study's ledger."""

    def exists(self) -> bool:
        """Whether there is a ledger, even an empty one."""

    def has_records(self) -> bool:
        """Whether the ledger holds at least one whole record; half a one was never promised."""

    def stamp(self) -> tuple[int, ...]:
        """What changes with each record that is written."""

    def changed(self) -> float:
        """When the last record was written, Unix time by the clock of the place."""

    def read(self) -> bytes:
        """All records as lines of a journal file, damaged or not."""

    def replace(self, lines: list[bytes]) -> None:
        """Put other records in the place of all that there are, or leave these."""

    def delete(self) -> None:
        """Remove what does not lie in the study's folder."""


@dataclass(frozen=True, slots=True)
class JournalPlace:
    """The place of a study's journal file, as a `LedgerPlace`."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        return self.path.is_file()

    def has_records(self) -> bool:
        try:
            with self.path.open("rb") as file:
                return file.readline().endswith(b"\n")
        except FileNotFoundError:
            return False

    def stamp(self) -> tuple[int, ...]:
        stat = self.path.stat()
        return stat.st_size, stat.st_mtime_ns

    def changed(self) -> float:
        return self.path.stat().st_mtime

    def read(self) -> bytes:
        return self.path.read_bytes()

    def replace(self, lines: list[bytes]) -> None:
        replace_file(self.path, b"".join(lines))

    def delete(self) -> None:
        """Nothing: the file goes with the folder."""


@dataclass(frozen=True, slots=True)
class DatabasePlace:
    """The rows of a study in a database, as a `LedgerPlace`.

    Its methods raise StorageError where the database refuses or is away.
    """

    note: LedgerNote

    def __str__(self) -> str:
        return str(StoredLedger(self.note))

    def exists(self) -> bool:
        return StoredLedger(self.note).state() is not None

    def has_records(self) -> bool:
        state = StoredLedger(self.note).state()
        return state is not None and state.records > 0

    def stamp(self) -> tuple[int, ...]:
        state = self._state()
        return state.records, state.mended

    def changed(self) -> float:
        return self._state().changed

    def read(self) -> bytes:
        return b"".join(batch.lines for batch in StoredLedger(self.note).read(0))

    def replace(self, lines: list[bytes]) -> None:
        StoredLedger(self.note).replace(len(lines), b"".join(lines))

    def delete(self) -> None:
        StoredLedger(self.note).delete()

    def _state(self) -> State:
        state = StoredLedger(self.note).state()
        if state is None:
            raise StudyNotFoundError(f"The database {self.note.address} has no ledger of it.")
        return state
