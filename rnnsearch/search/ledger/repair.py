"""Repairs a damaged ledger: whole records are kept, and the damaged ones stay in a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rnnsearch.disk import create_file
from rnnsearch.errors import DamagedLedgerError, StudyNotFoundError
from rnnsearch.search.directory import StudyDirectory, next_free_name
from rnnsearch.search.ledger.journal_record import encode
from rnnsearch.search.ledger.mending import Mended, mend
from rnnsearch.search.ledger.reading import read_trials
from rnnsearch.search.ledger.salvage import salvage
from rnnsearch.search.lock import StudyLock
from rnnsearch.space.spec import StudySpec


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair did.

    Attributes:
        mended: The new ledger's records, and what was lost.
        damaged: The file that holds the damaged records.
    """

    mended: Mended
    damaged: Path


def repair(directory: StudyDirectory, spec: StudySpec) -> Repair | None:
    """Replace a damaged ledger by one that opens.

    Returns:
        None where the ledger is not damaged; nothing is changed then.

    Raises:
        StudyNotFoundError: There is no ledger.
        StudyLockedError: A driver is at work on the study.
        OSError: The disk refused; the ledger is as it was.
        StorageError: So did the database.
    """
    place = directory.ledger_place
    if not place.exists():
        raise StudyNotFoundError(f"The study {directory.name!r} has no ledger yet.")
    with StudyLock(directory):
        try:
            read_trials(directory, spec)
        except DamagedLedgerError:
            pass
        else:
            return None
        data = place.read()
        mended = mend(salvage(data), spec, directory.name)
        free = next_free_name(directory.root, f"{directory.ledger.name}.damaged")
        damaged = directory.root / free
        create_file(damaged, data)
        place.replace([encode(log, number) for number, log in enumerate(mended.logs)])
    return Repair(mended, damaged)
