"""The lock of a study as a file in its folder."""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rnnsearch.disk import append_bytes, writing
from rnnsearch.search.owner import Owner, read_owner, written

LONGEST_OWNER = 65536
"""How many bytes of a lock file are read at most; an owner takes some 300."""

# Errors of a file system that has no locks. Two drivers that start at the same moment may then both
# write the file; the one whose token is not in it loses the lock at its next heartbeat.
_NO_FLOCK = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})


class LockFile:
    """A `LockPlace`; the file stays when the lock is freed, and is empty then."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def take(self, owner: Owner, judge: Callable[[Owner, float], None]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Created if it is absent. One that exists is not touched: its time is the heartbeat.
        with _opened(self._path, os.O_RDWR | os.O_CREAT) as file, _alone(file):
            held = _read(file)
            if held is not None:
                judge(held, _silence(file, self._path.parent))
            _overwrite(file, written(owner), self._path)

    def touch(self, owner: Owner) -> bool:
        try:
            with _opened(self._path) as file, _alone(file):
                if _read(file) != owner:
                    return False
                os.utime(file)
        except FileNotFoundError:
            return False
        return True

    def free(self, owner: Owner) -> None:
        if not self._path.exists():
            return
        with _opened(self._path) as file, _alone(file):
            if _read(file) == owner:
                _overwrite(file, "", self._path)

    def standing(self) -> tuple[Owner, float] | None:
        try:
            # The file is opened, since a network file system then asks the server for its time
            # anew.
            with _opened(self._path, os.O_RDONLY) as file:
                owner = _read(file)
                return None if owner is None else (owner, _silence(file, self._path.parent))
        except FileNotFoundError:
            return None


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
    return read_owner(os.pread(file, LONGEST_OWNER, 0).decode(errors="replace"))


def _overwrite(file: int, text: str, path: Path) -> None:
    """Replace the text of a lock file; a disk that refuses leaves it empty, so the lock is free."""
    with writing(path):
        os.ftruncate(file, 0)
    append_bytes(file, text.encode(), 0, path)


@contextmanager
def _alone(file: int) -> Iterator[None]:
    """Hold the file, so that no other driver reads or writes it meanwhile, until it is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_FLOCK:
            raise
    yield
