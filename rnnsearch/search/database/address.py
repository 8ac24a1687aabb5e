"""The address of a database of ledgers, and where its password comes from.

What is kept, printed or handed to another process is the address without its password. This process
remembers a password that a person gave it; another one takes it from the variable, or leaves it
to PostgreSQL's own client, which looks into `PGPASSWORD` and the passfile.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping

from rnnsearch.errors import StorageError
from rnnsearch.redaction import is_redacted, redacted, redactor, without_secrets

OPTION = "--ledger"
VARIABLE = "RNNSEARCH_LEDGER"
SCHEMES = ("postgresql", "postgres")
EXAMPLE = "postgresql://user@host:5432/database"

_given: dict[str, str] = {}
"""Whole addresses that this process was given, by the address without secrets."""


def checked(given: str, origin: str = OPTION) -> str:
    """The address that is kept of one that a person gave, whose password is remembered.

    Args:
        origin: Who gave it, for the error.

    Raises:
        StorageError: It is no address of a PostgreSQL database.
    """
    scheme, mark, _ = given.partition("://")
    dialect, _, _ = scheme.partition("+")
    if dialect not in SCHEMES or not mark:
        near = difflib.get_close_matches(dialect, SCHEMES, n=1)
        hint = f" Did you mean {near[0]}://...?" if near and near[0] != dialect else ""
        raise StorageError(
            f"{origin}: {redactor(given)(redacted(given))!r} is no address of a database that "
            f"can hold a ledger.{hint} Give one of PostgreSQL, such as {EXAMPLE}; without "
            f"{origin} the ledger is a file in the study's folder."
        )
    if is_redacted(given):
        raise StorageError(
            f"{origin}: {given} has *** in the place of its password, which is never printed or "
            f"kept. {how_to_log_in()}"
        )
    spelt = _plain(given)
    kept = without_secrets(spelt)
    if spelt != kept:
        _given[kept] = spelt
    return kept


def whole(kept: str, environment: Mapping[str, str] | None = None) -> str:
    """An address with its password, where this process or its environment has one.

    It must go nowhere but to PostgreSQL's client.
    """
    variables = os.environ if environment is None else environment
    if kept in _given:
        return _given[kept]
    named = _plain(variables.get(VARIABLE) or "")
    return named if without_secrets(named) == kept else kept


def _plain(address: str) -> str:
    """An address without the client's name that SQLAlchemy and MLflow write into it."""
    return f"postgresql://{address.partition('://')[2]}"


def how_to_log_in() -> str:
    """Where a password belongs, in a sentence."""
    return (
        f"Give it by the environment: the whole address in {VARIABLE}, or the password alone in "
        "PGPASSWORD or in PostgreSQL's passfile (~/.pgpass)."
    )
