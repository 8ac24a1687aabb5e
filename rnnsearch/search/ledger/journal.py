"""The study's journal file: written by one driver, one durable append a batch of events.

The format is that of Optuna's `JournalFileBackend` (one JSON object a line), so any Optuna tool
can read it; `journal_record` adds a number and a checksum. Optuna's own backend locks, writes and
syncs at every operation (8.4 ms a trial with 12 reports); here operations gather in memory until
`flush` writes them all and syncs once.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend
from optuna.storages.journal._storage import JournalOperation

from rnnsearch.disk import append_bytes, sync_folder
from rnnsearch.errors import DamagedLedgerError, LedgerError, StorageError
from rnnsearch.search.ledger.journal_record import DamagedRecordError, decode, encode


class BufferedJournal(BaseJournalBackend):
    """Reads see what is buffered; another process sees what has been flushed.

    There is one writer (`rnnsearch.search.lock` sees to it). Safe to share between threads. A
    record that a killed driver left half written is cut off at opening, which loses only what no
    `flush` had promised.

    Args:
        path: The file; it is made if absent, its folder is not.
        read_only: Leave the file alone: a half-written record at the end may belong to a driver
            that is at work, and is passed over; appending raises.

    Raises:
        StorageError: The file cannot be opened.
        DamagedLedgerError: A record is damaged; a half one at the end is none.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._lock = threading.Lock()
        self._pending: list[bytes] = []
        try:
            if not read_only and not path.exists():
                path.touch()
                sync_folder(path.parent)
            self._flushed, self._size, self._trials = _measure(path)
            if not read_only and path.stat().st_size > self._size:
                os.truncate(path, self._size)
        except OSError as error:
            raise StorageError(f"Cannot open the ledger {path}: {error.strerror}.") from error

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        with self._lock:
            pending = self._pending[max(0, log_number_from - self._flushed) :]
            flushed, size = self._flushed, self._size
        if log_number_from < flushed:
            yield from self._read_file(log_number_from, size)
        for record in pending:
            yield json.loads(record)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        if self._read_only:
            raise LedgerError(f"{self._path} was opened to be read only.")
        with self._lock:
            first, trials, records = self._flushed + len(self._pending), self._trials, []
            # Encoded here and not in `flush`, so that what is not JSON raises where it came from.
            for number, log in enumerate(logs, first):
                if creates := log.get("op_code") == JournalOperation.CREATE_TRIAL:
                    # Optuna counts; said here, a repair knows which trial a lost record made.
                    log = {**log, "trial_id": trials}
                records.append(encode(log, number))
                trials += creates
            self._pending.extend(records)
            self._trials = trials

    def flush(self) -> None:
        """Writes what is buffered with one append and one fsync.

        Raises:
            StorageError: The disk refused; everything stays buffered for the next call.
            LedgerError: Somebody else wrote to the file.
        """
        with self._lock:
            if not self._pending:
                return
            batch = b"".join(self._pending)
            try:
                self._append(batch)
            except OSError as error:
                raise StorageError(
                    f"Cannot write the ledger {self._path}: {error.strerror}. "
                    "Nothing is lost yet; make room or bring the disk back."
                ) from error
            flushed, size = self._flushed + len(self._pending), self._size + len(batch)
            # No call between these, so that no signal parts them.
            self._pending, self._flushed, self._size = [], flushed, size

    def _append(self, batch: bytes) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            found = os.fstat(file).st_size
            left = os.pread(file, len(batch), self._size) if found > self._size else b""
            # What a failed attempt wrote and could not take back is the beginning of this one.
            if found != self._size + len(left) or not batch.startswith(left):
                raise LedgerError(
                    f"{self._path} has {found} bytes instead of {self._size}: another driver "
                    "wrote to it. Stop one of them."
                )
            append_bytes(file, batch, self._size)
        finally:
            os.close(file)

    def _read_file(self, first: int, size: int) -> Iterator[dict[str, Any]]:
        end = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                end += len(line)
                if end > size:
                    return
                if number >= first:
                    yield json.loads(line)


def _measure(path: Path) -> tuple[int, int, int]:
    """Counts the whole records of a journal, the bytes that they fill, and the trials they made.

    A line without its end is what a kill leaves, and what follows the last record if a power cut
    left zeros; everything else that is no record is damage.
    """
    count = size = trials = 0
    checked = False
    with path.open("rb") as file:
        for line in file:
            try:
                log = decode(line, count, checked=checked)
            except DamagedRecordError as problem:
                if _is_torn(line, count):
                    break
                more = sum(1 for _ in file)
                follow = f", and {more} lines follow it" if more else ""
                raise DamagedLedgerError(
                    f"Record {count + 1} of the ledger {path} is damaged ({problem}){follow}."
                ) from problem
            checked = checked or "record" in log
            trials += log.get("op_code") == JournalOperation.CREATE_TRIAL
            count += 1
            size += len(line)
    return count, size, trials


def _is_torn(line: bytes, number: int) -> bool:
    """Whether the last line is one that was never written to its end."""
    if line.endswith(b"\n"):
        return False
    try:
        # A whole record and one byte more: its newline was changed.
        decode(line[:-1] + b"\n", number, checked=False)
    except DamagedRecordError:
        return True
    return False
