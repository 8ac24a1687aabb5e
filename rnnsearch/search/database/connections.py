"""Connections to a database: kept open, made anew where the server went away in between.

Every statement is a transaction of its own, so that a pooler in front of the server may give each
another connection, and so that it is either done or not when the answer is lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from rnnsearch.errors import InputError, LedgerAwayError, StorageError
from rnnsearch.redaction import redactor
from rnnsearch.search.database.address import OPTION, how_to_log_in, whole
from rnnsearch.search.database.answering import ANSWER_SECONDS, Answering

INSTALL = "pip install 'rnnsearch[postgres]'"
MOST_IDLE = 4
"""How many connections are kept open: those of the loop, of the heartbeat, and of who reads."""
_PARAMETERS = {
    "connect_timeout": 10,
    "application_name": "rnnsearch",
    # A server whose machine is gone does not say so.
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_REFUSED = ("no password supplied", "authentication failed", "no pg_hba.conf entry", "role ")
"""What PostgreSQL's words hold where it refuses a login."""
_MISSING = "does not exist"
_PASSING = ("08", "25006", "40", "53", "55", "57", "58")
"""PostgreSQL's codes, or classes of them, for what may pass: the connection, a server that another
one has replaced and that can only be read, a transaction that another one has rolled back, memory
and disk, objects in use, an operator, the system."""

Rows = list[tuple[Any, ...]]


class Connections:
    """Runs statements in one database; may be called from several threads.

    Args:
        address: Without its password.
        seconds: How long the answer to a statement is waited for.
    """

    def __init__(self, address: str, seconds: float = ANSWER_SECONDS) -> None:
        self.address, self._seconds = address, seconds
        self._idle: list[Any] = []
        self._lock = threading.Lock()

    def run(self, sql: str, values: Sequence[Any] = ()) -> Rows:
        """Run one statement, for good; returns its rows, none where it has none to return.

        It must not matter whether it is done twice: where the answer is lost, it is asked again.

        Raises:
            LedgerAwayError: The server cannot be reached, or refuses for now.
            StorageError: It refuses.
            InputError: The client is not installed.
        """

        def work(connection: Any) -> Rows:
            with connection.cursor() as cursor:
                cursor.execute(sql, tuple(values))
                return list(cursor.fetchall()) if cursor.description else []

        return self._tried_twice(work)

    def run_all(self, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        """Run several statements as one transaction; the errors are those of `run`."""

        def work(connection: Any) -> Rows:
            connection.autocommit = False
            try:
                with connection, connection.cursor() as cursor:
                    for sql, values in statements:
                        cursor.execute(sql, tuple(values))
            finally:
                if not connection.closed:
                    connection.autocommit = True
            return []

        self._tried_twice(work)

    def _tried_twice(self, work: Callable[[Any], Rows]) -> Rows:
        """Do something with a connection that was kept, and with a new one where that is dead."""
        while (connection := self._kept()) is not None:
            try:
                return self._done(connection, work)
            except LedgerAwayError:
                continue  # the server was started anew since the connection was last used
        return self._done(self._made(), work)

    def _kept(self) -> Any:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _made(self) -> Any:
        psycopg2 = client()
        with self._said():
            connection = psycopg2.connect(whole(self.address), **_PARAMETERS)
            connection.autocommit = True
        return connection

    def _done(self, connection: Any, work: Callable[[Any], Rows]) -> Rows:
        answering = Answering(connection, self._seconds)
        try:
            with self._said(), answering:
                rows = work(connection)
        except BaseException:
            self._close(connection)
            if answering.silent:  # the others are as old, and each would be waited for as long
                while (other := self._kept()) is not None:
                    self._close(other)
            raise
        with self._lock:
            if len(self._idle) < MOST_IDLE and not answering.silent:
                self._idle.append(connection)
                return rows
        self._close(connection)
        return rows

    def _close(self, connection: Any) -> None:
        with suppress(client().Error):
            connection.close()

    @contextmanager
    def _said(self) -> Iterator[None]:
        """A context in which the client's errors become ours, without a password in them."""
        psycopg2 = client()
        try:
            yield
        except psycopg2.ProgrammingError as error:
            raise StorageError(
                f"the database {self.address} refuses: {self._words(error)}. The user needs "
                "tables there: GRANT CREATE, USAGE ON SCHEMA public TO the user, or a database "
                "of its own (createdb -O user database)."
            ) from None
        except TimeoutError as error:
            raise self._trouble(str(error), None) from None
        except psycopg2.Error as error:
            raise self._trouble(self._words(error), error.pgcode) from None

    def _trouble(self, words: str, code: str | None) -> StorageError:
        """The error for what the client says.

        Args:
            code: Of the server; None where it said nothing any more, or refused the connection.
        """
        if any(one in words for one in _REFUSED):
            return StorageError(
                f"the database {self.address} refuses the login: {words}. {how_to_log_in()}"
            )
        if _MISSING in words:
            return StorageError(
                f"there is no database {self.address}: {words}. Make it with PostgreSQL's "
                f"createdb, or name another one with {OPTION}."
            )
        if code is None or code.startswith(_PASSING):
            return LedgerAwayError(
                f"the database of the ledger, {self.address}, does not answer: {words}",
                "Bring it back, and give the command again; where it has moved, `resume` with "
                f"{OPTION}.",
            )
        return StorageError(f"the database {self.address} refuses: {words}.")

    def _words(self, error: BaseException) -> str:
        """What the client says, in one line."""
        text = " ".join(str(error).split()) or type(error).__name__
        return redactor(whole(self.address))(text).rstrip(".?")


@cache
def connections(address: str) -> Connections:
    """The connections of this process to a database.

    Args:
        address: Without its password.
    """
    return Connections(address)


def client() -> Any:
    """The module that speaks to PostgreSQL.

    Raises:
        InputError: It is not installed.
    """
    try:
        import psycopg2
    except ModuleNotFoundError as error:
        raise InputError(f"a ledger in PostgreSQL needs psycopg2. Install it: {INSTALL}") from error
    return psycopg2
