"""Files that are whole or as they were, whatever a disk refuses and whenever a process is killed.

A buffered file object is of no use here: what a full disk did not take stays in its buffer, and
closing it writes the rest at a place that has been given up. Everything below goes through a
descriptor without a buffer.
"""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

# What file systems answer that cannot sync a folder; its names are then durable when they like.
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOSYS})


def replace_file(path: Path, data: bytes | str) -> None:
    """Give a file new contents as a whole: it has the old ones, or all of the new ones.

    A file has one writer at a time; another one's leftovers of a kill are overwritten.

    Args:
        path: It is made if absent, its folder is not.
        data: Text is written as UTF-8.

    Raises:
        OSError: The disk refused. Unless only the folder could not be synced, the file is as it
            was, and nothing lies beside it.
    """
    put_in_place(write_aside(path, data), path)


def write_aside(path: Path, data: bytes | str) -> Path:
    """Write what `put_in_place` will make the contents of `path`; durable when this returns.

    Several files that belong together are all written aside before the first is put in place: a
    full disk is met while nothing has changed yet.

    Returns:
        Where it lies: `NAME.new` in the same folder.
    """
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)  # of a kill
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            _write(descriptor, data.encode() if isinstance(data, str) else data, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def put_in_place(aside: Path, path: Path) -> None:
    """Let `path` have the contents of `aside`, which is then gone."""
    try:
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def create_file(path: Path, data: bytes | str) -> None:
    """Make a new file as a whole.

    Raises:
        FileExistsError: There is one of that name; it is left alone.
        OSError: The disk refused; there is no such file then.
    """
    aside = write_aside(path, data)
    try:
        os.link(aside, path)  # unlike a rename, it takes nobody's place
    except FileExistsError:
        aside.unlink()
        raise
    except OSError:
        # A file system without hard links.
        if path.exists():
            aside.unlink()
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        put_in_place(aside, path)
    else:
        aside.unlink()
        sync_folder(path.parent)


def append_bytes(descriptor: int, data: bytes, size: int, *, sync: bool = True) -> None:
    """Write `data` behind the first `size` bytes of a file, or leave it at that length.

    The place is the caller's and not the file's end: an attempt that could not even be taken
    back is overwritten by the next one at the same place. Until then a part of `data` stands
    there, so readers must tell whole records from a half one.

    Args:
        sync: Return only when the disk has it; else it survives the process, not a power cut.

    Raises:
        OSError: The disk refused.
    """
    try:
        _write(descriptor, data, size)
        if sync:
            os.fsync(descriptor)
    except BaseException:
        # The failure to be told of is the first one; see above for this one's.
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def sync_folder(folder: Path) -> None:
    """Makes new names in a folder durable, not only the bytes behind them."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


def _write(descriptor: int, data: bytes, place: int) -> None:
    """All of `data`: a disk may take a part at a time, and a full one takes the last part."""
    left = memoryview(data)
    while left:
        taken = os.pwrite(descriptor, left, place)
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left, place = left[taken:], place + taken
