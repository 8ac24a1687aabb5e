"""The study's journal file: written by one driver, one durable append a batch of events.

The format is that of Optuna's `JournalFileBackend`, so any Optuna tool can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rnnsearch.disk import append_bytes, sync_folder
from rnnsearch.errors import DamagedLedgerError, LedgerError, StorageError
from rnnsearch.search.ledger.journal_buffer import JournalBuffer
from rnnsearch.search.ledger.journal_record import DamagedRecordError, Operation, decode


class BufferedJournal(JournalBuffer):
    """A `JournalBuffer` over a file, which `flush` appends to and syncs once.

    Opening cuts off a record that a killed driver left half written at the end of the file: no
    `flush` had promised it.

    Args:
        path: The journal file, which is created if it is absent; its folder is not.
        read_only: Do not write. A half-written record at the end is then passed over instead of
            cut off, since a driver may be writing it; `append_logs` raises LedgerError.

    Raises:
        StorageError: The file cannot be opened.
        DamagedLedgerError: A record is damaged, other than by being cut off at the end.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        super().__init__(path, read_only=read_only)
        self._path = path
        self._read_to = (0, 0)
        """How many records were read from the file, and their bytes."""
        try:
            if not read_only and not path.exists():
                path.touch()
                sync_folder(path.parent)
            self._take(_measure(path, _NOTHING))
            if not read_only and path.stat().st_size > self._size:
                os.truncate(path, self._size)
        except OSError as error:
            raise StorageError(f"Cannot open the ledger {path}: {error.strerror}.") from error

    def _take(self, extent: _Extent) -> None:
        self._extent = extent
        self._flushed, self._size, self._trials = extent.records, extent.size, extent.trials

    def follow(self) -> bool:
        with self._lock:
            try:
                status = self._path.stat()
            except FileNotFoundError:
                return False
            if status.st_ino != self._extent.file or status.st_size < self._size:
                return False
            if status.st_size > self._size:
                self._take(_measure(self._path, self._extent))
            return True

    def _write(self, batch: bytes, count: int) -> None:
        try:
            self._append(batch)
        except OSError as error:
            raise StorageError(
                f"Cannot write the ledger {self._path}: {error.strerror}. "
                "Nothing is lost yet; make room or bring the disk back."
            ) from error

    def _append(self, batch: bytes) -> None:
        file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        try:
            size = os.fstat(file).st_size
            extra = os.pread(file, len(batch), self._size) if size > self._size else b""
            # A failed attempt may have left the beginning of this batch there.
            if size != self._size + len(extra) or not batch.startswith(extra):
                raise LedgerError(
                    f"{self._path} has {size} bytes instead of {self._size}: another driver "
                    "wrote to it. Stop one of them."
                )
            append_bytes(file, batch, self._size, self._path)
        finally:
            os.close(file)

    def _stored(self, first: int, records: int, size: int) -> Iterator[dict[str, Any]]:
        # Optuna reads on where it stopped; what stands before that is not read again.
        start, end = self._read_to if self._read_to[0] <= first else (0, 0)
        with self._path.open("rb") as file:
            file.seek(end)
            for number, line in enumerate(file, start):
                if end + len(line) > size:
                    return
                end += len(line)
                self._read_to = (number + 1, end)
                if number >= first:
                    yield json.loads(line)


class _Extent(NamedTuple):
    """What a journal holds: whole records, their bytes, and the trials that they create.

    Attributes:
        checked: Whether a record has a checksum, so that each later one must have one.
        file: The number that the file system gives the file.
    """

    records: int
    size: int
    trials: int
    checked: bool
    file: int


_NOTHING = _Extent(0, 0, 0, checked=False, file=0)


def _measure(path: Path, known: _Extent) -> _Extent:
    """What a journal holds.

    Args:
        known: What is known of its beginning, and is not read again.

    A last line without its newline is no damage: a kill leaves half a record, and a power cut may
    leave zeros behind the last one. Anything else that is no record is damage.

    Raises:
        DamagedLedgerError: A record is damaged.
    """
    count, size, trials, checked, _ = known
    with path.open("rb") as file:
        file.seek(size)
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
            trials += log.get("op_code") == Operation.CREATE_TRIAL
            count += 1
            size += len(line)
        return _Extent(count, size, trials, checked, os.fstat(file.fileno()).st_ino)


def _is_torn(line: bytes, number: int) -> bool:
    """Whether a damaged line is a last one that was never written to its end."""
    if line.endswith(b"\n"):
        return False
    try:
        # If it is a whole record but for its last byte, the newline was changed: that is damage.
        decode(line[:-1] + b"\n", number, checked=False)
    except DamagedRecordError:
        return True
    return False
