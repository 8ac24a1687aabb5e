"""Moves the ledger of a study from the file in its folder into a database."""

from __future__ import annotations

from rnnsearch.errors import StorageError, StudyNotFoundError
from rnnsearch.search.database.note import make_note, new_note
from rnnsearch.search.database.stored import StoredLedger
from rnnsearch.search.directory import StudyDirectory, next_free_name
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.search.lock import StudyLock
from rnnsearch.space.spec import StudySpec


def move_ledger(directory: StudyDirectory, spec: StudySpec, address: str) -> tuple[int, str]:
    """Put the records of a study's journal file into a database, which has its ledger from then on.

    Whatever interrupts it, the study has the one ledger or the other, and both are whole.

    Args:
        address: The database's, without its password.

    Returns:
        How many records moved, and the name of the file that still holds them.

    Raises:
        StudyNotFoundError: There is no ledger.
        StudyLockedError: A driver is at work on the study.
        DamagedLedgerError: The file is damaged.
        StorageError: The ledger lies in a database already, or the database refuses.
        OSError: The disk refused.
    """
    if (note := directory.ledger_note) is not None:
        raise StorageError(f"the ledger of {directory.name} lies in a database: {note.address}.")
    if not directory.ledger_place.has_records():
        raise StudyNotFoundError(f"The study {directory.name!r} has no ledger yet.")
    with StudyLock(directory):
        read_trials(directory, spec)
        data = directory.ledger_place.read()
        data = data[: data.rfind(b"\n") + 1]  # half a record was never promised
        count = data.count(b"\n")
        note = new_note(address)
        stored = StoredLedger(note)
        stored.make(directory.name)
        try:
            stored.replace(count, data)
            standing = make_note(directory.database, note)
        except BaseException:
            stored.delete()
            raise
        if standing != note:
            stored.delete()
            raise StorageError(f"another command has moved it meanwhile: {standing.address}.")
        free = next_free_name(directory.root, f"{directory.ledger.name}.moved")
        directory.ledger.rename(directory.root / free)
    return count, free
