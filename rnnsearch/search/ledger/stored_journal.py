"""The study's journal in a database: one statement for each batch that is flushed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rnnsearch.errors import DamagedLedgerError, LedgerError
from rnnsearch.search.database.stored import State, StoredLedger
from rnnsearch.search.ledger.journal_buffer import JournalBuffer
from rnnsearch.search.ledger.journal_record import DamagedRecordError, Operation, decode


class StoredJournal(JournalBuffer):
    """A `JournalBuffer` over rows, whose batches are there as a whole or not at all.

    What a driver writes is refused once another one has taken the study after it was opened.

    Args:
        stored: The study's rows, which exist.
        read_only: Do not write, since a driver may be at work.

    Raises:
        StorageError: The database refuses, or does not answer.
        DamagedLedgerError: A record is damaged.
    """

    def __init__(self, stored: StoredLedger, state: State, *, read_only: bool = False) -> None:
        super().__init__(stored, read_only=read_only)
        self._rows = stored
        self._turn, self._mended = state.turn, state.mended
        self._checked = False
        """Whether a record has a checksum, so that each later one must have one."""
        self._unread: tuple[int, Sequence[dict[str, Any]]] = (0, ())
        """Records that were fetched and not asked for yet, and the number of the first."""
        self._events: list[bytes] = []
        self._fetch(state)

    def keep(self, line: bytes) -> None:
        """Write what happened, a line of an outbox, with the next records that are flushed."""
        with self._lock:
            self._events.append(line)

    def flush(self) -> None:
        super().flush()
        with self._lock:
            if self._events:  # they came without a record
                self._rows.tell(self._flushed, self._turn, b"".join(self._events))
                self._events.clear()

    def follow(self) -> bool:
        with self._lock:
            state = self._rows.state()
            if state is None or state.mended != self._mended or state.records < self._flushed:
                return False
            if state.records > self._flushed:
                self._fetch(state)
            return True

    def _fetch(self, state: State) -> None:
        """Fetch and check what was written since the last time."""
        begun, unread = self._unread
        logs = list(unread)
        for line in self._lines(self._flushed):
            logs.append(self._decoded(line, self._flushed))
            self._size += len(line)
            self._trials += logs[-1].get("op_code") == Operation.CREATE_TRIAL
            self._flushed += 1
        if self._flushed < state.records:
            raise DamagedLedgerError(
                f"The ledger {self._place} holds {self._flushed:,} records of {state.records:,}."
            )
        self._unread = (begun, logs)

    def _lines(self, first: int) -> Iterator[bytes]:
        for batch in self._rows.read(first):
            lines = batch.lines.splitlines(keepends=True)
            yield from lines[max(0, first - batch.first) :]

    def _decoded(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            log = decode(line, number, checked=self._checked)
        except DamagedRecordError as problem:
            raise DamagedLedgerError(
                f"Record {number + 1} of the ledger {self._place} is damaged ({problem})."
            ) from problem
        self._checked = self._checked or "record" in log
        return log

    def _stored(self, first: int, records: int, size: int) -> Iterator[dict[str, Any]]:
        begun, unread = self._unread
        if begun <= first and begun + len(unread) >= records:
            # Optuna reads on where it stopped, and never again what it has read.
            self._unread = (records, ())
            yield from unread[first - begun : records - begun]
            return
        for number, line in enumerate(self._lines(first), first):
            if number >= records:
                return
            yield self._decoded(line, number)

    def _write(self, batch: bytes, count: int) -> None:
        first, events = self._flushed, b"".join(self._events)
        while batch:
            if self._rows.append(first, count, batch, self._turn, events):
                self._events.clear()
                return
            # An attempt whose answer was lost may have written the beginning of this batch.
            there = self._rows.standing(first, self._turn)
            if not there or not batch.startswith(there):
                raise LedgerError(
                    f"the ledger {self._place} has other records than those of this driver: "
                    "another driver has taken the study. Stop one of them."
                )
            batch, written = batch[len(there) :], there.count(b"\n")
            first, count = first + written, count - written
