"""The file in a study's folder that says in which database its ledger lies, without a password."""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from rnnsearch.disk import create_file, replace_file
from rnnsearch.errors import StorageError


@dataclass(frozen=True, slots=True)
class LedgerNote:
    """Where a ledger lies.

    Attributes:
        address: The database's, without its password.
        key: What the study is known by there: studies of one name in several storage folders may
            share a database.
    """

    address: str
    key: str


def new_note(address: str, place: str = "") -> LedgerNote:
    """The note of a ledger that does not exist yet.

    Args:
        place: Where its study lies in an object store, which knows no file that only one of two
            writers can make: two that begin there at once have the same ledger, and its lock.
    """
    return LedgerNote(
        address, (uuid.uuid5(uuid.NAMESPACE_URL, place) if place else uuid.uuid4()).hex
    )


def read_note(path: Path) -> LedgerNote | None:
    """The note in a file; None where there is no such file.

    Raises:
        StorageError: The file holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        note = LedgerNote(**json.loads(text))
        if not isinstance(note.address, str) or not isinstance(note.key, str):
            raise TypeError
    except (ValueError, TypeError) as error:
        raise StorageError(
            f"{path} does not say where the study's ledger lies. It should hold "
            '{"address": "postgresql://user@host/database", "key": "..."}, with the key that the '
            "table rnnsearch_ledger there has for the study."
        ) from error
    return note


def make_note(path: Path, note: LedgerNote) -> LedgerNote:
    """Write the note of a new ledger; returns the one that stands: another driver may be faster."""
    try:
        create_file(path, _text(note))
    except FileExistsError:
        return read_note(path) or note
    return note


def change_note(path: Path, note: LedgerNote) -> None:
    """Replace the note of a ledger whose database has moved."""
    replace_file(path, _text(note))


def _text(note: LedgerNote) -> str:
    return json.dumps(asdict(note), indent=2) + "\n"
