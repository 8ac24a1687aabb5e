"""The Protocol of what keeps a study's ledger, and the choice of the one that does."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from optuna.storages import BaseStorage
from optuna.storages.journal import BaseJournalBackend

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.database_store import DatabaseStore
from rnnsearch.search.ledger.journal_buffer import JournalBuffer
from rnnsearch.search.ledger.journal_store import JournalStore


class Store(Protocol):
    """Keeps one study for Optuna, and makes what was written durable on request."""

    @property
    def storage(self) -> BaseStorage:
        """The storage that Optuna reads and writes; a change may wait in memory until `flush`."""

    @property
    def journal(self) -> JournalBuffer:
        """The records under the storage, in the order in which they were written."""

    def flush(self) -> None:
        """Make everything since the last call durable.

        Raises:
            StorageError: The store refused. Nothing is lost; call again.
        """

    def keep(self, line: bytes) -> None:
        """Keep what happened, a line of an outbox, where the study's folder may be lost; it becomes
        durable with the records of the next `flush`."""

    def kept(self) -> bytes:
        """The lines that are kept, in their order."""

    def forget(self, before: int) -> None:
        """Delete the lines that came with the records before one, counting from 0."""

    def follow(self) -> bool:
        """Take note of what another process has written since this one was opened, or followed.

        Returns:
            False where that is not possible, and the store has to be opened anew.
        """

    def damage_explained(self) -> AbstractContextManager[None]:
        """A context for code that reads: errors of damaged records become a DamagedLedgerError.

        Its text names the command that repairs the ledger.
        """

    def live(self) -> BaseJournalBackend:
        """The records as a driver appends them, for a store that was opened to be read only."""


def store_of(directory: StudyDirectory, *, read_only: bool = False) -> Store:
    """The store of a study's ledger: a database, where `ledger.json` names one, else the journal
    in the study's folder.

    Args:
        read_only: Write nothing, since a driver may be at work on the study.

    Raises:
        StudyNotFoundError: `read_only`, and there is no ledger.
        StorageError: The store cannot be opened.
        DamagedLedgerError: The store holds something else than what was written.
    """
    note = directory.ledger_note
    if note is None:
        return JournalStore(directory, read_only=read_only)
    return DatabaseStore(directory, note, read_only=read_only)
