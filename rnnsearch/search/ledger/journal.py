"""The study's journal file: written by one driver, one durable append a batch of events.

The format is that of Optuna's `JournalFileBackend` (one JSON object a line), so any Optuna tool
can read it. Optuna's own backend locks, writes and syncs at every operation (8.4 ms a trial with
12 reports); here operations gather in memory until `flush` writes them all and syncs once.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from rnnsearch.errors import LedgerError, StorageError


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
        LedgerError: A record before the last is damaged.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only
        self._lock = threading.Lock()
        self._pending: list[bytes] = []
        try:
            if not read_only and not path.exists():
                path.touch()
                _sync_folder(path.parent)
            self._flushed, self._size = _measure(path)
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
        # Encoded here and not in `flush`, so that what is not JSON raises where it came from.
        records = [json.dumps(log, separators=(",", ":")).encode() + b"\n" for log in logs]
        with self._lock:
            self._pending.extend(records)

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
            self._flushed += len(self._pending)
            self._size += len(batch)
            self._pending.clear()

    def _append(self, batch: bytes) -> None:
        with self._path.open("r+b") as file:
            found = os.fstat(file.fileno()).st_size
            if found != self._size:
                raise LedgerError(
                    f"{self._path} has {found} bytes instead of {self._size}: another driver "
                    "wrote to it. Stop one of them."
                )
            file.seek(self._size)
            try:
                file.write(batch)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # Half a batch must not stand before the next attempt at the same batch.
                os.ftruncate(file.fileno(), self._size)
                raise

    def _read_file(self, first: int, size: int) -> Iterator[dict[str, Any]]:
        end = 0
        with self._path.open("rb") as file:
            for number, line in enumerate(file):
                end += len(line)
                if end > size:
                    return
                if number >= first:
                    yield json.loads(line)


def _measure(path: Path) -> tuple[int, int]:
    """Counts the whole records of a journal and the bytes that they fill.

    The last record is not whole without its line end, or if it is not JSON (a file system may
    leave zeros after a power cut).
    """
    count = size = 0
    with path.open("rb") as file:
        damaged = 0
        for line in file:
            if damaged:
                raise LedgerError(
                    f"Record {damaged} of the ledger {path} is damaged, and others follow it. "
                    "Restore the file from a copy."
                )
            if _is_record(line):
                count += 1
                size += len(line)
            else:
                damaged = count + 1
    return count, size


def _is_record(line: bytes) -> bool:
    if not line.endswith(b"\n"):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _sync_folder(folder: Path) -> None:
    """Makes a new file's name durable, not only its bytes."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
