"""A ledger's records in PostgreSQL: a row a study, and a row for each batch that was flushed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rnnsearch.search.database.connections import connections
from rnnsearch.search.database.note import LedgerNote

_TABLES = """
create table if not exists rnnsearch_ledger (
    key text primary key,
    study text not null,
    records bigint not null default 0,
    mended integer not null default 0,
    changed timestamptz not null default clock_timestamp(),
    owner text,
    touched timestamptz not null default clock_timestamp(),
    turn bigint not null default 0
);
create table if not exists rnnsearch_batch (
    key text not null references rnnsearch_ledger (key) on delete cascade,
    first bigint not null,
    records bigint not null,
    lines text not null,
    primary key (key, first)
);
create table if not exists rnnsearch_event (
    key text not null references rnnsearch_ledger (key) on delete cascade,
    first bigint not null,
    lines text not null,
    primary key (key, first)
)
"""
"""`owner`, `touched` and `turn` are the study's lock, the rest is its ledger. What happened to
trials beside what a ledger notes, for a study in an object store, is in the last table until it is
there."""

_APPEND = """
with grown as (
    update rnnsearch_ledger set records = records + %s, changed = clock_timestamp()
    where key = %s and records = %s and turn = %s returning key
)
insert into rnnsearch_batch (key, first, records, lines)
select key, %s, %s, %s from grown returning first
"""
_TELL = """
insert into rnnsearch_event (key, first, lines)
select key, %s, %s from {source} on conflict (key, first)
do update set lines = rnnsearch_event.lines || excluded.lines
"""
_APPEND_TOLD = _APPEND.replace(
    ")\ninsert", "), told as (" + _TELL.format(source="grown") + ")\ninsert", 1
)
_TOLD = "select lines from rnnsearch_event where key = %s order by first"
_READ = """
select first, lines from rnnsearch_batch where key = %s and first >= coalesce(
    (select max(first) from rnnsearch_batch where key = %s and first <= %s), 0
) and first + records > %s order by first limit %s
"""
_PAGE = 256
"""Batches that are fetched at a time; a batch of a busy study has some tens of kilobytes."""


class State(NamedTuple):
    """What a database knows of a ledger.

    Attributes:
        records: How many it holds.
        mended: How often it was repaired, which replaces its records.
        turn: How often its study was taken by a driver.
        changed: When records came last, Unix time of the database.
    """

    records: int
    mended: int
    turn: int
    changed: float


class Batch(NamedTuple):
    """Records that were flushed together.

    Attributes:
        first: The number of the first of them.
        lines: They, as lines of a journal file.
    """

    first: int
    lines: bytes


class StoredLedger:
    """The rows of one study. The errors of every method are those of `Connections.run`."""

    def __init__(self, note: LedgerNote) -> None:
        self._key = note.key
        self.address = note.address
        self._run = connections(note.address).run
        self._run_all = connections(note.address).run_all

    def __str__(self) -> str:
        return f"{self._key} in {self.address}"

    def make(self, study: str) -> None:
        """Make the study's row, and the tables where there are none.

        Args:
            study: The study's name, for people who look at the tables.
        """
        ((there,),) = self._run("select to_regclass('rnnsearch_event') is not null")
        if not there:
            # Two studies may do so at once.
            lock = "select pg_advisory_xact_lock(hashtext('rnnsearch'))"
            self._run_all([(lock, ()), (_TABLES, ())])
        row = "insert into rnnsearch_ledger (key, study) values (%s, %s) on conflict do nothing"
        self._run(row, (self._key, study))

    def state(self) -> State | None:
        """What is known of the ledger; None where it has no row."""
        ((there,),) = self._run("select to_regclass('rnnsearch_batch') is not null")
        if not there:
            return None
        columns = "records, mended, turn, extract(epoch from changed)::float8"
        rows = self._run(f"select {columns} from rnnsearch_ledger where key = %s", (self._key,))
        return State(*rows[0]) if rows else None

    def append(self, first: int, count: int, lines: bytes, turn: int, events: bytes = b"") -> bool:
        """Append a batch, durably.

        Args:
            first: How many records there are before it.
            turn: That of the driver, as `state` had it.
            events: What happened beside it, as lines of an outbox.

        Returns:
            False where it is not so many, or another driver has taken the study since.
        """
        grown = (count, self._key, first, turn)
        batch = (first, count, lines.decode())
        if events:
            return bool(self._run(_APPEND_TOLD, (*grown, first, events.decode(), *batch)))
        return bool(self._run(_APPEND, (*grown, *batch)))

    def tell(self, first: int, turn: int, events: bytes) -> None:
        """Keep events that came without a record; the arguments are those of `append`."""
        source = "rnnsearch_ledger where key = %s and turn = %s"
        values = (first, events.decode(), self._key, turn)
        self._run(_TELL.format(source=source) + " returning 1", values)

    def told(self) -> bytes:
        """The events that are kept, in their order."""
        return "".join(str(row[0]) for row in self._run(_TOLD, (self._key,))).encode()

    def forget(self, before: int) -> None:
        """Delete the events that came with the records before one."""
        sql = "delete from rnnsearch_event where key = %s and first < %s"
        self._run(sql, (self._key, before))

    def standing(self, first: int, turn: int) -> bytes:
        """The batch that begins with a record; empty where none does, or in another's turn."""
        rows = self._run(
            "select lines from rnnsearch_batch join rnnsearch_ledger using (key)"
            " where key = %s and first = %s and turn = %s",
            (self._key, first, turn),
        )
        return str(rows[0][0]).encode() if rows else b""

    def read(self, first: int) -> Iterator[Batch]:
        """The batches from the one on that holds a record."""
        place = first
        while rows := self._run(_READ, (self._key, self._key, place, place, _PAGE)):
            for place, text in rows:
                yield Batch(place, text.encode())
            if len(rows) < _PAGE:
                return
            place += text.count("\n")

    def replace(self, count: int, lines: bytes) -> None:
        """Put other records in the place of all that there are."""
        row = "update rnnsearch_ledger set records = %s, mended = mended + 1,"
        row += " changed = clock_timestamp() where key = %s"
        batch = "insert into rnnsearch_batch (key, first, records, lines) values (%s, 0, %s, %s)"
        self._run_all(
            [
                ("delete from rnnsearch_batch where key = %s", (self._key,)),
                (batch, (self._key, count, lines.decode())),
                (row, (count, self._key)),
            ]
        )

    def delete(self) -> None:
        """Remove all rows of the study."""
        if self.state() is not None:
            self._run("delete from rnnsearch_ledger where key = %s", (self._key,))
