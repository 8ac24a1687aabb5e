"""One driver a study: a lock file whose owner keeps touching it."""

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
"""A lock that nobody has touched for so long is taken over."""

LONGEST_OWNER = 65536
"""Bytes of a lock file that are read; an owner has some 300."""

# What a file system without locks of its own answers; the token is then checked after writing.
_NO_FLOCK = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})


@dataclass(frozen=True)
class Owner:
    """Who holds a lock.

    Attributes:
        token: Unique to one acquisition.
        pid: The driver's process.
        host: Its machine's name, for people.
        machine: Boot and process namespace: only where it is equal does `pid` mean anything.
        started: The process's start in clock ticks since boot, since a pid comes again; or "".
    """

    token: str
    pid: int
    host: str
    machine: str
    started: str


class StudyLock:
    """Holds `directory.lock` from `acquire` to `release`, or as a context.

    The file stays when the lock is released, and then it is empty. On its own machine a process
    is looked up, so its lock holds as long as it lives, suspended or not. Elsewhere the lock is
    stale once nobody has touched the file for `STALE_SECONDS` by the file system's clock: the
    machine is gone, or the process was suspended. A stale lock is taken over.
    """

    def __init__(self, directory: StudyDirectory, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._directory = directory
        self._path = directory.lock
        self._heartbeat = heartbeat
        self._owner: Owner | None = None
        self._lost = False
        self._released = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def lost(self) -> bool:
        """Whether another driver took the lock over, because this process was suspended."""
        return self._lost or (self._owner is not None and not self._touch())

    def acquire(self) -> None:
        """Takes the lock and starts its heartbeat.

        Raises:
            StudyLockedError: Another driver owns the study.
            StorageError: The lock file cannot be written.
        """
        owner = _this_process()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # Made if absent, and if there is one, not touched: its time is the heartbeat.
            with _opened(self._path, os.O_RDWR | os.O_CREAT) as file, _alone(file):
                held = _read(file)
                if held is not None:
                    silence = _silence(file, self._path.parent)
                    if _is_live(held, silence):
                        raise StudyLockedError(self._refusal(held, silence))
                _overwrite(file, json.dumps(asdict(owner)))
        except OSError as error:
            raise StorageError(f"Cannot write the lock {self._path}: {error.strerror}.") from error
        self._owner, self._lost = owner, False
        self._released.clear()
        self._thread = threading.Thread(target=self._beat, name="study-lock", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Ends the heartbeat and frees the lock, unless somebody else has it by now."""
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
        while not self._released.wait(self._heartbeat):
            if not self._touch():
                self._lost = True
                return

    def _touch(self) -> bool:
        """Renews the lock's time; False if it is not ours any more."""
        try:
            with _opened(self._path) as file, _alone(file):
                if _read(file) != self._owner:
                    return False
                os.utime(file)
        except FileNotFoundError:
            return False
        except OSError:
            # A file system that hangs or is full now may answer the next beat; if it does not,
            # the lock grows stale, as it should.
            return True
        return True

    def _refusal(self, held: Owner, silence: float) -> str:
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


def is_running(directory: StudyDirectory) -> bool:
    """Whether a live driver owns the study, by the rule of `StudyLock.acquire`."""
    try:
        # Opened and not only looked at: a network file system then asks for its time anew.
        with _opened(directory.lock, os.O_RDONLY) as file:
            held = _read(file)
            return held is not None and _is_live(held, _silence(file, directory.root))
    except FileNotFoundError:
        return False


def is_taken(directory: StudyDirectory) -> bool:
    """Whether a new study cannot have this place.

    A study that was killed while it was being made, before its ledger had a record, is in
    nobody's way: it can be resumed, or made anew under its name.
    """
    return directory.exists() and (directory.has_records() or is_running(directory))


def _is_live(held: Owner, silence: float) -> bool:
    if held.machine == _machine() and (started := _started(held.pid)) != "":
        return started == held.started
    return silence <= STALE_SECONDS


def _silence(file: int, folder: Path) -> float:
    """Seconds since a lock was touched, by the clock of the file system that stamped it.

    The clock of this machine is not asked: it may be minutes ahead of the file server's. Where
    no file can be made to read that clock, the lock counts as fresh; nobody can take it there.
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
    """Tells machines, boots and containers apart, so that no foreign pid is looked up here."""
    parts = [platform.node()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    if boot.exists():
        parts += [boot.read_text(encoding="ascii").strip(), os.readlink("/proc/self/ns/pid")]
    return "|".join(parts)


def _started(pid: int) -> str | None:
    """When a process of this machine started, None if it is dead; "" where /proc is missing."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            return None
        # After the name, which may hold spaces and parentheses: state is field 3, start 22.
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # somebody else's, and alive
    return ""


@contextmanager
def _opened(path: Path, flags: int = os.O_RDWR) -> Iterator[int]:
    """A descriptor of the lock file, which is written in place: `flock` holds the file itself."""
    descriptor = os.open(path, os.O_CLOEXEC | flags, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read(file: int) -> Owner | None:
    """The owner in a lock file; None for a free one. A damaged one is nobody's: see below."""
    try:
        return Owner(**json.loads(os.pread(file, LONGEST_OWNER, 0).decode(errors="replace")))
    except (ValueError, TypeError):
        # Written under `_alone` in one go, so half an owner means that its machine died writing.
        return None


def _overwrite(file: int, text: str) -> None:
    """A disk that refuses leaves the file empty, which is a free lock."""
    os.ftruncate(file, 0)
    append_bytes(file, text.encode(), 0)


@contextmanager
def _alone(file: int) -> Iterator[None]:
    """Two drivers never look and write at the same time; released with the file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_FLOCK:
            raise
    yield
