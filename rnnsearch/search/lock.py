"""Lets one driver at a time run a study, by a lock file that its owner keeps touching."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rnnsearch.commands import command
from rnnsearch.disk import append_bytes
from rnnsearch.errors import StorageError, StudyLockedError
from rnnsearch.search.directory import StudyDirectory

HEARTBEAT_SECONDS = 5.0
STALE_SECONDS = 30.0
"""A lock of another machine that was not touched for so long is taken over."""

LONGEST_OWNER = 65536
"""How many bytes of a lock file are read at most; an owner takes some 300."""

# Errors of a file system that has no locks. Two drivers that start at the same moment may then both
# write the file; the one whose token is not in it loses the lock at its next heartbeat.
_NO_FLOCK = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})


@dataclass(frozen=True)
class Owner:
    """The driver that holds a lock.

    Attributes:
        token: A random text that is unique to one acquisition.
        pid: The driver's process id.
        host: The name of its machine, for people.
        machine: Its machine, boot and process namespace: `pid` has a meaning only where this is
            equal.
        started: When the process started, in clock ticks since boot, since process ids are used
            again; empty where that is not known.
    """

    token: str
    pid: int
    host: str
    machine: str
    started: str


class StudyLock:
    """Holds the lock of a study from `acquire` to `release`, or as a context.

    The lock file stays when the lock is released, and is empty then. A process on the same machine
    is looked up, so its lock holds as long as it lives, suspended or not. The lock of another
    machine is stale once nobody has touched the file for `STALE_SECONDS` by the file system's
    clock: that machine is gone, or its process is suspended. A stale lock is taken over.
    """

    def __init__(self, directory: StudyDirectory, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._directory = directory
        self._path = directory.lock
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
            StorageError: The lock file cannot be written.
        """
        owner = _this_process()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Created if it is absent. One that exists is not touched: its time is the heartbeat.
            with _opened(self._path, os.O_RDWR | os.O_CREAT) as file, _alone(file):
                held = _read(file)
                if held is not None:
                    silence = _silence(file, self._path.parent)
                    if _is_live(held, silence):
                        raise StudyLockedError(self._refusal(held, silence))
                _overwrite(file, json.dumps(asdict(owner)))
        except OSError as error:
            raise StorageError(f"Cannot write the lock {self._path}: {error.strerror}.") from error
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
        if owner is None or not self._path.exists():
            return
        with _opened(self._path) as file, _alone(file):
            if _read(file) == owner:
                _overwrite(file, "")

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
        try:
            with _opened(self._path) as file, _alone(file):
                if _read(file) != self._owner:
                    return False
                os.utime(file)
        except FileNotFoundError:
            return False
        except OSError:
            # A file system that hangs or is full may answer the next heartbeat. If it does not,
            # the lock becomes stale, as it should.
            return True
        return True

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
    """A lock that stands in its file, as another process sees it.

    Attributes:
        silence: Seconds since the owner touched it, by the clock of the file system.
        live: Whether the owner still runs, by the rule of `StudyLock.acquire`. One that does not
            ended without a word: whoever ends as he should empties the file.
    """

    owner: Owner
    silence: float
    live: bool


def held_by(directory: StudyDirectory) -> Held | None:
    """Who stands in the lock of a study; None where it is free, or was never taken."""
    try:
        # The file is opened, since a network file system then asks the server for its time anew.
        with _opened(directory.lock, os.O_RDONLY) as file:
            owner = _read(file)
            if owner is None:
                return None
            silence = _silence(file, directory.root)
            return Held(owner, silence, _is_live(owner, silence))
    except FileNotFoundError:
        return None


def is_running(directory: StudyDirectory) -> bool:
    """Whether a live driver owns the study, by the rule of `StudyLock.acquire`."""
    held = held_by(directory)
    return held is not None and held.live


def is_taken(directory: StudyDirectory) -> bool:
    """Whether a new study cannot have this place, since another one has it.

    A study that was killed before its ledger had a record does not count: it can be resumed, or
    made anew under the same name.
    """
    return directory.exists() and (directory.ledger_place.has_records() or is_running(directory))


def _is_live(held: Owner, silence: float) -> bool:
    """Whether the owner of a lock still runs, which touched it so many seconds ago."""
    if held.machine == _machine() and (started := _started(held.pid)) != "":
        return started == held.started
    return silence <= STALE_SECONDS


def _silence(file: int, folder: Path) -> float:
    """Seconds since a lock file was touched, by the clock of its file system.

    This machine's clock is not used: it may be minutes ahead of the file server's. To read that
    clock, a file is created in `folder`. Where that fails, the lock counts as fresh, and could not
    be taken anyway.
    """
    touched = os.fstat(file).st_mtime
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock-") as stamped:
            return os.fstat(stamped.fileno()).st_mtime - touched
    except FileNotFoundError:
        raise  # the study was deleted
    except OSError:
        return 0.0


def _this_process() -> Owner:
    pid = os.getpid()
    return Owner(uuid.uuid4().hex, pid, platform.node(), _machine(), _started(pid) or "")


def _machine() -> str:
    """A text that differs wherever process ids mean others: machines, boots, containers."""
    parts = [platform.node()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        parts += [boot.read_text(encoding="ascii").strip(), os.readlink("/proc/self/ns/pid")]
    return "|".join(parts)


def _started(pid: int) -> str | None:
    """When a process of this machine started; None if it is dead, "" where /proc is missing."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        # The fields after the name, which may hold spaces and parentheses. Field 3 is the state
        # of the process, and 22 its start.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # another user's process, which is alive
    return ""


@contextmanager
def _opened(path: Path, flags: int = os.O_RDWR) -> Iterator[int]:
    """Open the lock file, which is always written in place, since `flock` holds the file itself."""
    descriptor = os.open(path, os.O_CLOEXEC | flags, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(file: int) -> Owner | None:
    """The owner that stands in a lock file; None where the lock is free, or the file damaged."""
    try:
        return Owner(**json.loads(os.pread(file, LONGEST_OWNER, 0).decode(errors="replace")))
    except (ValueError, TypeError):
        # An owner is written in one go while the file is held. Half an owner means that its
        # machine died as it wrote, so the lock is free.
        return None


def _overwrite(file: int, text: str) -> None:
    """Replace the text of a lock file; a disk that refuses leaves it empty, so the lock is free."""
    os.ftruncate(file, 0)
    append_bytes(file, text.encode(), 0)


@contextmanager
def _alone(file: int) -> Iterator[None]:
    """Hold the file, so that no other driver reads or writes it meanwhile, until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_FLOCK:
            raise
    yield
