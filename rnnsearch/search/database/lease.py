"""The lock of a study as a row in the database of its ledger."""

from __future__ import annotations

from collections.abc import Callable

from rnnsearch.search.database.connections import connections
from rnnsearch.search.database.note import LedgerNote
from rnnsearch.search.database.stored import StoredLedger
from rnnsearch.search.owner import Owner, read_owner, written

_TAKE = """
update rnnsearch_ledger set owner = %s, touched = clock_timestamp(), turn = turn + 1
where key = %s and owner is not distinct from %s and touched = %s returning turn
"""
_STANDING = """
select owner, touched, extract(epoch from clock_timestamp() - touched)::float8
from rnnsearch_ledger where key = %s
"""


class Lease:
    """A `LockPlace` in PostgreSQL, by whose clock silence is measured.

    Who takes it raises the row's `turn`, so that what an earlier owner has still to write is
    refused.

    Args:
        study: The study's name, for people who look at the tables.
    """

    def __init__(self, note: LedgerNote, study: str) -> None:
        self._note, self._study = note, study
        self._run = connections(note.address).run

    def take(self, owner: Owner, judge: Callable[[Owner, float], None]) -> None:
        StoredLedger(self._note).make(self._study)
        text = written(owner)
        while True:
            ((before, touched, silence),) = self._run(_STANDING, (self._note.key,))
            if before == text:
                return  # done by an attempt whose answer was lost
            held = read_owner(before or "")
            if held is not None:
                judge(held, silence)
            # Who was faster, or gave a sign of life meanwhile, has changed the row.
            if self._run(_TAKE, (text, self._note.key, before, touched)):
                return

    def touch(self, owner: Owner) -> bool:
        sql = "update rnnsearch_ledger set touched = clock_timestamp()"
        sql += " where key = %s and owner = %s returning 1"
        return bool(self._run(sql, (self._note.key, written(owner))))

    def free(self, owner: Owner) -> None:
        sql = "update rnnsearch_ledger set owner = null where key = %s and owner = %s"
        self._run(sql, (self._note.key, written(owner)))

    def standing(self) -> tuple[Owner, float] | None:
        if StoredLedger(self._note).state() is None:
            return None
        for text, _, silence in self._run(_STANDING, (self._note.key,)):
            owner = read_owner(text or "")
            return None if owner is None else (owner, silence)
        return None
