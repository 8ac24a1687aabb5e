"""A journal of Optuna's that is written in batches, wherever its records are kept.

The format is that of Optuna's `JournalFileBackend` (one JSON object a line); `journal_record` adds
a number and a checksum. Optuna's own backends lock, write and sync at every operation (8.4 ms a
trial with 12 reports); here operations gather in memory until `flush` writes them all at once.
"""

from __future__ import annotations

import json
import threading
from abc import abstractmethod
from collections.abc import Iterator
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from rnnsearch.errors import LedgerError
from rnnsearch.search.ledger.journal_record import Operation, encode

FLUSHED = "flushed"
"""Key of the first record after a flush: what stands between two of them was reported together."""


class JournalBuffer(BaseJournalBackend):
    """An Optuna journal backend that holds appended records in memory until `flush`.

    This process reads the buffered records too; another process sees those that were flushed. The
    study's lock (`rnnsearch.search.lock`) lets a single process write. Threads may share an
    instance.

    Args:
        place: Where the records are kept, for errors.
        read_only: Do not write; `append_logs` raises LedgerError.
    """

    def __init__(self, place: object, *, read_only: bool) -> None:
        self._place = place
        self._read_only = read_only
        self._lock = threading.Lock()
        self._pending: list[bytes] = []
        self._flushed = self._size = self._trials = 0
        """How many records were written, their bytes, and the trials that all records create."""

    @property
    def flushed(self) -> int:
        """How many records were written."""
        return self._flushed

    @abstractmethod
    def _stored(self, first: int, records: int, size: int) -> Iterator[dict[str, Any]]:
        """The records from one on that were written; all of them have `size` bytes."""

    @abstractmethod
    def _write(self, batch: bytes, count: int) -> None:
        """Write so many records behind those that were written, durably.

        Called again with the same records, and with more behind them, after an error.
        """

    @abstractmethod
    def follow(self) -> bool:
        """Take note of what another process has appended since this one was opened, or followed.

        Only what is new is read.

        Returns:
            False where the journal is gone or another one: then it has to be opened anew.

        Raises:
            DamagedLedgerError: A new record is damaged.
        """

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        with self._lock:
            pending = self._pending[max(0, log_number_from - self._flushed) :]
            flushed, size = self._flushed, self._size
        if log_number_from < flushed:
            yield from self._stored(log_number_from, flushed, size)
        for record in pending:
            yield json.loads(record)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        if self._read_only:
            raise LedgerError(f"{self._place} was opened to be read only.")
        with self._lock:
            first, trials = self._flushed + len(self._pending), self._trials
            records: list[bytes] = []
            # Encoded here and not in `flush`, so that a value that JSON cannot hold raises in the
            # call that brought it.
            for number, log in enumerate(logs, first):
                if creates := log.get("op_code") == Operation.CREATE_TRIAL:
                    # Optuna numbers trials by counting these records. The number is written down,
                    # so that a repair knows which trial a lost record had created.
                    log = {**log, "trial_id": trials}
                if not self._pending and not records:
                    log = {**log, FLUSHED: True}
                records.append(encode(log, number))
                trials += creates
            self._pending.extend(records)
            self._trials = trials

    def flush(self) -> None:
        """Write all buffered records at once, durably.

        Raises:
            StorageError: The place refused; the records stay buffered for the next call.
            LedgerError: Another process wrote there.
        """
        with self._lock:
            if not self._pending:
                return
            batch = b"".join(self._pending)
            self._write(batch, len(self._pending))
            flushed, size = self._flushed + len(self._pending), self._size + len(batch)
            # One statement without a call in it, so that no signal handler runs between the three.
            self._pending, self._flushed, self._size = [], flushed, size
