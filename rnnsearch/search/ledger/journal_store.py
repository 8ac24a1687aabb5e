"""The store that keeps a ledger in a journal file in the study's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from optuna.storages import BaseStorage, JournalStorage

from rnnsearch.commands import command
from rnnsearch.errors import DamagedLedgerError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.journal import BufferedJournal
from rnnsearch.search.ledger.notes import UnknownNoteError


class JournalStore:
    """A `Store` on a `BufferedJournal`; its arguments and errors are those of `store_of`."""

    def __init__(self, directory: StudyDirectory, *, read_only: bool = False) -> None:
        self._directory = directory
        if read_only and not directory.ledger_place.exists():
            raise no_ledger_yet(directory)
        with self.damage_explained():
            self._journal = BufferedJournal(directory.ledger, read_only=read_only)
            self.storage: BaseStorage = JournalStorage(self._journal)

    def flush(self) -> None:
        self._journal.flush()

    def follow(self) -> bool:
        with self.damage_explained():
            return self._journal.follow()

    @contextmanager
    def damage_explained(self) -> Iterator[None]:
        """As in `Store`; whatever a record that makes no sense raises counts as damage.

        Journals of older versions have no checksums, so a changed record may be noticed only when
        it is used.
        """
        name, storage = self._directory.name, self._directory.storage
        remedy = f"What is whole can be kept: {command('repair', name, storage=storage)}"
        try:
            yield
        except DamagedLedgerError as error:
            raise DamagedLedgerError(f"{error} {remedy}") from error
        except UnknownNoteError as error:
            raise DamagedLedgerError(
                f"The ledger {self._directory.ledger} has notes that this version of rnnsearch "
                f"does not know: {error}. The newer version that wrote them opens the study. If "
                f"there was none, the ledger is damaged. {remedy}"
            ) from error
        except (LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
            raise DamagedLedgerError(
                f"The ledger {self._directory.ledger} is damaged: a record makes no sense "
                f"({type(error).__name__}: {error}). {remedy}"
            ) from error


def no_ledger_yet(directory: StudyDirectory) -> StudyNotFoundError:
    """The error for a study whose driver was killed before it wrote anything."""
    go_on = command("resume", directory.name, storage=directory.storage)
    return StudyNotFoundError(
        f"The study {directory.name!r} has no ledger yet. Go on with it: {go_on}"
    )
