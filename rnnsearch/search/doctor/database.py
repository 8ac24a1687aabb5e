"""Whether a database takes ledgers; the driver alone talks to it."""

from __future__ import annotations

from rnnsearch.errors import LedgerAwayError, RnnsearchError
from rnnsearch.search.database.connections import connections
from rnnsearch.search.doctor.finding import Finding

_MAY = "SELECT has_schema_privilege(current_schema(), 'CREATE')"


def check_database(address: str) -> Finding:
    """Log in, and ask whether tables may be made; nothing is changed there.

    Args:
        address: Without its password.
    """
    try:
        [(may,)] = connections(address).run(_MAY)
    except LedgerAwayError as error:
        remedy = "start the server, and let this node through to it"
        return Finding("ledger", "fail", error.trouble, remedy)
    except RnnsearchError as error:
        text, _, remedy = str(error).partition(". ")
        return Finding("ledger", "fail", text, remedy)
    if not may:
        text = f"{address} takes the login, which may make no tables there"
        return Finding("ledger", "fail", text, "createdb -O USER ledgers, and name that database")
    return Finding("ledger", "ok", f"{address}: it takes the login, and tables")
