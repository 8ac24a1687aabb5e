"""The store that keeps a ledger in a database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from optuna.storages import BaseStorage
from optuna.storages.journal import BaseJournalBackend

from rnnsearch.search.database.note import LedgerNote
from rnnsearch.search.database.stored import StoredLedger
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.damage import damage_explained, no_ledger_yet
from rnnsearch.search.ledger.journal_buffer import JournalBuffer
from rnnsearch.search.ledger.storage import LedgerStorage
from rnnsearch.search.ledger.stored_journal import StoredJournal


class DatabaseStore:
    """A `Store` on a `StoredJournal`; its arguments and errors are those of `store_of`."""

    def __init__(
        self, directory: StudyDirectory, note: LedgerNote, *, read_only: bool = False
    ) -> None:
        self._directory, self._rows = directory, StoredLedger(note)
        if not read_only:
            self._rows.make(directory.name)
        state = self._rows.state()
        if state is None:
            raise no_ledger_yet(directory)
        with self.damage_explained():
            self._journal = StoredJournal(self._rows, state, read_only=read_only)
            self.journal: JournalBuffer = self._journal
            self.storage: BaseStorage = LedgerStorage(self.journal)

    def flush(self) -> None:
        self.journal.flush()

    def keep(self, line: bytes) -> None:
        self._journal.keep(line)

    def kept(self) -> bytes:
        return self._rows.told()

    def forget(self, before: int) -> None:
        self._rows.forget(before)

    def follow(self) -> bool:
        with self.damage_explained():
            return self.journal.follow()

    def damage_explained(self) -> AbstractContextManager[None]:
        return damage_explained(self._directory)

    def live(self) -> BaseJournalBackend:
        return _Followed(self.journal)


class _Followed(BaseJournalBackend):
    """The records of a journal that was opened to be read only, as a driver appends them."""

    def __init__(self, journal: JournalBuffer) -> None:
        self._journal = journal
        self._lock = threading.Lock()

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        with self._lock:
            self._journal.follow()
            return iter(list(self._journal.read_logs(log_number_from)))

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Refuse, with a LedgerError."""
        self._journal.append_logs(logs)
