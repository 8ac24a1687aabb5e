"""Lets one driver at a time run a study, by a lock that its owner keeps touching."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from rnnsearch.commands import command
from rnnsearch.errors import StorageError, StudyLockedError
from rnnsearch.search.database.lease import Lease
from rnnsearch.search.directory import StudyDirectory
from rnnsearch.search.lock_file import LockFile
from rnnsearch.search.owner import (
    STALE_SECONDS,
    LockPlace,
    Owner,
    is_live,
    this_process,
)

HEARTBEAT_SECONDS = 5.0


class StudyLock:
    """Holds the lock of a study from `acquire` to `release`, or as a context.

    It is a file in the study's folder, or a row in the database of its ledger. A process on the
    same machine is looked up, so its lock holds as long as it lives, suspended or not. The lock of
    another machine is stale once nobody has touched it for `STALE_SECONDS` by the clock of the file
    system, or of the database: that machine is gone, or its process is suspended. A stale lock is
    taken over.
    """

    def __init__(self, directory: StudyDirectory, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._directory = directory
        self._place = _place(directory)
        self._heartbeat = heartbeat
        self._owner: Owner | None = None
        self._released = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def lost(self) -> bool:
        """Whether another driver took the lock over, because this process was suspended."""
        return self._owner is not None and not self._touch()

    def acquire(self) -> None:
        """Take the lock and start the heartbeat.

        Raises:
            StudyLockedError: Another driver owns the study.
            StorageError: The lock cannot be written.
        """
        owner = this_process()
        try:
            self._place.take(owner, self._judge)
        except OSError as error:
            raise StorageError(f"Cannot write the lock {self._place}: {error.strerror}.") from error
        self._owner = owner
        self._released.clear()
        self._thread = threading.Thread(target=self._beat, name="study-lock", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """End the heartbeat and free the lock, unless another driver has it by now."""
        self._released.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        owner, self._owner = self._owner, None
        if owner is not None:
            self._place.free(owner)

    def __enter__(self) -> StudyLock:
        self.acquire()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def _beat(self) -> None:
        """Touch the lock until it is released, or another driver has taken it."""
        while not self._released.wait(self._heartbeat) and self._touch():
            pass

    def _touch(self) -> bool:
        """Renew the time of the lock; returns whether it is still ours."""
        if self._owner is None:
            return False
        try:
            return self._place.touch(self._owner)
        except (OSError, StorageError):
            # What hangs or is full may answer the next heartbeat. If it does not, the lock becomes
            # stale, as it should.
            return True

    def _judge(self, held: Owner, silence: float) -> None:
        if is_live(held, silence):
            raise StudyLockedError(self._refusal(held, silence))

    def _refusal(self, held: Owner, silence: float) -> str:
        """Why the lock cannot be taken, and what to do about it."""
        name = self._directory.name
        head = (
            f"The study {name!r} is run by process {held.pid} on {held.host} (its last sign of "
            f"life {max(0.0, silence):.0f} s ago)."
        )
        if silence > STALE_SECONDS:
            return (
                f"{head} It lives, but it is suspended or hangs: let it go on with "
                f"`kill -CONT {held.pid}`, or end it with `kill -KILL {held.pid}`."
            )
        stop = command("stop", name, storage=self._directory.storage)
        return (
            f"{head} Stop it with `{stop}`, or wait "
            f"until it ends. A driver that died is recognised within {STALE_SECONDS:.0f} s."
        )


@dataclass(frozen=True)
class Held:
    """A lock that is held, as another process sees it.

    Attributes:
        silence: Seconds since the owner touched it, by the clock of the lock's place.
        live: Whether the owner still runs, by the rule of `StudyLock.acquire`. One that does not
            ended without a word: whoever ends as he should frees the lock.
    """

    owner: Owner
    silence: float
    live: bool


def held_by(directory: StudyDirectory) -> Held | None:
    """Who stands in the lock of a study; None where it is free, or was never taken."""
    standing = _place(directory).standing()
    if standing is None:
        return None
    owner, silence = standing
    return Held(owner, silence, is_live(owner, silence))


def is_running(directory: StudyDirectory) -> bool:
    """Whether a live driver owns the study, by the rule of `StudyLock.acquire`."""
    held = held_by(directory)
    return held is not None and held.live


def is_taken(directory: StudyDirectory) -> bool:
    """Whether a new study cannot have this place, since another one has it.

    A study that was killed before its ledger had a record does not count: it can be resumed, or
    made anew under the same name.
    """
    if is_running(directory):
        return True
    return directory.exists() and directory.ledger_place.has_records()


def _place(directory: StudyDirectory) -> LockPlace:
    note = directory.ledger_note
    return LockFile(directory.lock) if note is None else Lease(note, directory.name)
