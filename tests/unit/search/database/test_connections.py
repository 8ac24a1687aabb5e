"""Connections that break, by a client on paper: which errors are waited for, and which are told."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from psycopg2 import errors

from rnnsearch.errors import LedgerAwayError, StorageError
from rnnsearch.search.database.connections import Connections

CLOSED = "server closed the connection unexpectedly\n\tThis probably means that it ended."


class PaperConnection:
    """A connection whose statements raise what is in `troubles`, one after the other."""

    description = ("a column",)

    def __init__(self, troubles: list[Exception]) -> None:
        self.troubles = troubles
        self.closed = self.autocommit = False

    def cursor(self) -> PaperConnection:
        return self

    def __enter__(self) -> PaperConnection:
        return self

    def __exit__(self, *of_error: object) -> None:
        return None

    def execute(self, sql: str, values: object) -> None:
        if self.troubles:
            raise self.troubles.pop(0)

    def fetchall(self) -> list[tuple[int]]:
        return [(1,)]

    def close(self) -> None:
        self.closed = True


class FrozenConnection(PaperConnection):
    """A connection to a server that took the statement and does nothing."""

    def __init__(self) -> None:
        super().__init__([])
        self._near, self._far = socket.socketpair()
        self.asked = False

    def fileno(self) -> int:
        return self._near.fileno()

    def execute(self, sql: str, values: object) -> None:
        self.asked = True
        assert self._near.recv(1) == b""
        raise psycopg2.OperationalError(CLOSED)

    def close(self) -> None:
        super().close()
        self._near.close()
        self._far.close()


class PaperClient:
    """In the place of psycopg2."""

    Error, ProgrammingError = psycopg2.Error, psycopg2.ProgrammingError

    def __init__(self) -> None:
        self.troubles: list[Exception] = []
        self.made: list[PaperConnection] = []
        self.frozen = False

    def connect(self, address: str, **how: Any) -> PaperConnection:
        self.made.append(FrozenConnection() if self.frozen else PaperConnection(self.troubles))
        return self.made[-1]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> PaperClient:
    made = PaperClient()
    monkeypatch.setattr("rnnsearch.search.database.connections.client", lambda: made)
    return made


BROKEN: list[Callable[[], Exception]] = [
    lambda: psycopg2.OperationalError(CLOSED),
    lambda: psycopg2.InterfaceError("connection already closed"),
    lambda: psycopg2.DatabaseError(CLOSED),  # seen after a kill -9 of the server
    lambda: errors.lookup("57P01")("terminating connection due to administrator command"),
]


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_kept_connection_that_broke_is_replaced_unseen(
    client: PaperClient, trouble: Callable[[], Exception]
) -> None:
    pool = Connections("postgresql://db/x")
    assert pool.run("select 1") == pool.run("select 1") == [(1,)]
    assert len(client.made) == 1
    client.troubles.append(trouble())
    assert pool.run("select 1") == [(1,)]
    assert [one.closed for one in client.made] == [True, False]


@pytest.mark.parametrize("trouble", BROKEN)
def test_a_server_that_breaks_a_new_connection_is_away(
    client: PaperClient, trouble: Callable[[], Exception]
) -> None:
    pool = Connections("postgresql://db/x")
    client.troubles.append(trouble())
    with pytest.raises(LedgerAwayError, match="does not answer"):
        pool.run("select 1")
    assert pool.run("select 1") == [(1,)]


def test_a_server_that_is_frozen_is_away_and_all_connections_to_it_are_given_up(
    client: PaperClient,
) -> None:
    pool = Connections("postgresql://db/x", seconds=0.05)
    pool._idle = [FrozenConnection(), FrozenConnection(), FrozenConnection()]
    kept: list[FrozenConnection] = list(pool._idle)
    client.frozen = True
    with pytest.raises(LedgerAwayError, match=r"does not answer: no answer within 0\.05 s"):
        pool.run("select 1")
    assert [one.asked for one in kept] == [False, False, True], "one of them, and a new one"
    assert len(client.made) == 1
    assert all(one.closed for one in [*kept, *client.made])
    client.frozen = False
    assert pool.run("select 1") == [(1,)]


@pytest.mark.parametrize("code", ["42501", "23505"])  # no right to do so; a row that is there
def test_what_the_server_refuses_is_told_at_once(client: PaperClient, code: str) -> None:
    pool = Connections("postgresql://db/x")
    client.troubles.append(refused(code))
    with pytest.raises(StorageError, match="refuses: ") as told:
        pool.run("select 1")
    assert told.type is StorageError


@pytest.mark.parametrize("code", ["25006", "40001", "53100", "57P03"])
def test_what_may_pass_is_waited_for(client: PaperClient, code: str) -> None:
    """A server that another one has replaced, a rollback, a full disk, a start."""
    pool = Connections("postgresql://db/x")
    client.troubles.append(refused(code))
    with pytest.raises(LedgerAwayError, match="does not answer: "):
        pool.run("select 1")
    assert pool.run("select 1") == [(1,)]
    client.troubles.append(refused(code))
    assert pool.run("select 1") == [(1,)], "by another connection"


def refused(code: str) -> Exception:
    """An error as the server gives it, which the client marks with its code."""

    class Refused(errors.lookup(code)):  # type: ignore[misc]
        pgcode = code

    return Refused("permission denied")
