"""A study of tests whose ledger lies in a database."""

from __future__ import annotations

from pathlib import Path

from small_space import study_directory

from rnnsearch.search.database.address import checked
from rnnsearch.search.database.note import make_note, new_note
from rnnsearch.search.directory import StudyDirectory


def lying_in(storage: Path, address: str) -> StudyDirectory:
    """A study whose ledger lies in a database."""
    directory = study_directory(storage)
    make_note(directory.database, new_note(checked(address)))
    return directory
