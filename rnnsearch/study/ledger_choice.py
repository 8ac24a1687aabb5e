"""Where a study's ledger lies: chosen as a study begins, noted in its folder, and kept to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from rnnsearch.cached_store import endpoint
from rnnsearch.commands import command
from rnnsearch.errors import StorageError
from rnnsearch.redaction import has_secret, without_secrets
from rnnsearch.search.database.address import OPTION, VARIABLE, checked, how_to_log_in
from rnnsearch.search.database.note import LedgerNote, change_note, make_note, new_note
from rnnsearch.search.database.stored import StoredLedger
from rnnsearch.search.directory import StudyDirectory


def asked_ledger(option: str | None) -> tuple[str, str] | None:
    """The database that a person asks for, and by what; None where nobody does.

    Args:
        option: The value of `--ledger`, if it was given.

    Raises:
        StorageError: It is no address of one.
    """
    named = os.environ.get(VARIABLE)
    if option is not None:
        return checked(option, OPTION), OPTION
    return (checked(named, VARIABLE), VARIABLE) if named else None


def check_ledger(option: str | None) -> str | None:
    """Ask the database that a new study's ledger would go to whether it answers.

    Returns:
        Its address without a password; None where the ledger would be a file.

    Raises:
        StorageError: It is no address of one, it does not answer, or it refuses.
        InputError: PostgreSQL's client is not installed.
    """
    asked = asked_ledger(option)
    if asked is None:
        return None
    StoredLedger(LedgerNote(asked[0], "")).state()
    return asked[0]


def settle_ledger(
    directory: StudyDirectory,
    option: str | None,
    say: Callable[[str], None],
    beside: StudyDirectory | None = None,
) -> None:
    """Note where the ledger of a study lies before its lock is taken, which lies there too.

    Args:
        directory: Its folder exists.
        option: The value of `--ledger`, if it was given.
        say: Called with a line for a person.
        beside: A study in whose database a new ledger goes, where nobody asks for another one.

    Raises:
        StorageError: The study has its ledger elsewhere, or the database refuses.
    """
    if option is not None and has_secret(option) and option in " ".join(sys.orig_argv):
        say(f"note: the password of {OPTION} stands in the list of processes. {how_to_log_in()}")
    note = directory.ledger_note
    asked = asked_ledger(option)
    if note is None and directory.ledger_place.has_records():
        if option is not None and asked is not None:
            raise StorageError(
                f"{OPTION}: the ledger of {directory.name} is the file {directory.ledger}, and a "
                f"study keeps to its ledger. Leave {OPTION} out, or move the ledger there first: "
                + command("move", directory.name, OPTION, asked[0], storage=directory.storage)
            )
        return
    if note is None:
        lying = None if beside is None else beside.ledger_note
        address = asked[0] if asked else lying.address if lying else None
        if address is None:
            return
        place = "" if directory.mirror is None else f"{endpoint()} {directory.place}"
        note = make_note(directory.database, new_note(address, place))
    elif option is not None and asked is not None and asked[0] != note.address:
        note = _moved(directory, note, asked[0])
    say(f"ledger: {note.address}")


def _moved(directory: StudyDirectory, note: LedgerNote, address: str) -> LedgerNote:
    """Note another address of the database, once it has the study's ledger."""
    moved = LedgerNote(address, note.key)
    if StoredLedger(moved).state() is None:
        raise StorageError(
            f"{OPTION}: the database {without_secrets(address)} has no ledger of "
            f"{directory.name}, which lies in {note.address}. Copy the tables rnnsearch_ledger and "
            "rnnsearch_batch there first (pg_dump), or leave the option out."
        )
    change_note(directory.database, moved)
    return moved
