"""What is told of a ledger that is damaged, or not there yet, with the command that goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rnnsearch.commands import command
from rnnsearch.errors import DamagedLedgerError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.ledger.notes import UnknownNoteError


@contextmanager
def damage_explained(directory: StudyDirectory) -> Iterator[None]:
    """A context for code that reads a study's ledger.

    Whatever a record that makes no sense raises counts as damage. Journals of older versions have
    no checksums, so a changed record may be noticed only when it is used.

    Raises:
        DamagedLedgerError: With the command that repairs the ledger.
    """
    name, storage, place = directory.name, directory.storage, directory.ledger_place
    remedy = f"What is whole can be kept: {command('repair', name, storage=storage)}"
    try:
        yield
    except DamagedLedgerError as error:
        raise DamagedLedgerError(f"{error} {remedy}") from error
    except UnknownNoteError as error:
        raise DamagedLedgerError(
            f"The ledger {place} has notes that this version of rnnsearch "
            f"does not know: {error}. The newer version that wrote them opens the study. If "
            f"there was none, the ledger is damaged. {remedy}"
        ) from error
    except (LookupError, TypeError, ValueError, AttributeError, AssertionError) as error:
        raise DamagedLedgerError(
            f"The ledger {place} is damaged: a record makes no sense "
            f"({type(error).__name__}: {error}). {remedy}"
        ) from error


def no_ledger_yet(directory: StudyDirectory) -> StudyNotFoundError:
    """The error for a study whose driver was killed before it wrote anything."""
    go_on = command("resume", directory.name, storage=directory.storage)
    return StudyNotFoundError(
        f"The study {directory.name!r} has no ledger yet. Go on with it: {go_on}"
    )
