"""The store that keeps a ledger in a journal file in the study's folder."""

from __future__ import annotations

from contextlib import AbstractContextManager

from optuna.storages import BaseStorage
from optuna.storages.journal import BaseJournalBackend

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.damage import damage_explained, no_ledger_yet
from rnnsearch.search.ledger.followed import FollowedJournal
from rnnsearch.search.ledger.journal import BufferedJournal
from rnnsearch.search.ledger.journal_buffer import JournalBuffer
from rnnsearch.search.ledger.storage import LedgerStorage


class JournalStore:
    """A `Store` on a `BufferedJournal`; its arguments and errors are those of `store_of`."""

    def __init__(self, directory: StudyDirectory, *, read_only: bool = False) -> None:
        self._directory = directory
        if read_only and not directory.ledger_place.exists():
            raise no_ledger_yet(directory)
        with self.damage_explained():
            self.journal: JournalBuffer = BufferedJournal(directory.ledger, read_only=read_only)
            self.storage: BaseStorage = LedgerStorage(self.journal)

    def flush(self) -> None:
        self.journal.flush()

    def keep(self, line: bytes) -> None:
        """Nothing: the outbox lies in the same folder."""

    def kept(self) -> bytes:
        return b""

    def forget(self, before: int) -> None:
        """Nothing is kept."""

    def follow(self) -> bool:
        with self.damage_explained():
            return self.journal.follow()

    def damage_explained(self) -> AbstractContextManager[None]:
        return damage_explained(self._directory)

    def live(self) -> BaseJournalBackend:
        return FollowedJournal(self._directory.ledger)
