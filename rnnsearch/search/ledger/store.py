"""Where a study's ledger lies, as the rest of the ledger sees it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from optuna.storages import BaseStorage

from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.journal_store import JournalStore


class Store(Protocol):
    """Keeps one study for Optuna, and makes what was written durable when it is told to."""

    @property
    def storage(self) -> BaseStorage:
        """What Optuna reads and writes; a change may wait in memory until `flush`."""

    def flush(self) -> None:
        """Make everything since the last call durable.

        Raises:
            StorageError: The store refused. Nothing is lost; call again.
        """

    def damage_said(self) -> AbstractContextManager[None]:
        """Around whatever reads: raises DamagedLedgerError, with the remedy, for what a damaged
        store does to its reader."""


def store_of(directory: StudyDirectory, *, read_only: bool = False) -> Store:
    """The store of a study's ledger: the journal in its folder.

    Args:
        read_only: A driver may be at work on it; nothing is written.

    Raises:
        StudyNotFoundError: It is to be read, and there is none.
        StorageError: It cannot be opened.
        DamagedLedgerError: It holds something else than what was written.
    """
    return JournalStore(directory, read_only=read_only)
