"""Write files so that each has all of its new contents or all of its old ones.

That holds whatever a disk refuses, and whenever the process is killed.

Python's buffered file objects are of no use here: what a full disk did not take stays in the
buffer, and closing the file writes it at a place that has been given up. Everything below writes
through a file descriptor, which has no buffer.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

# Errors of file systems that cannot sync a folder: they make its names durable at their own time.
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.ENOSYS})


def replace_file(path: Path, data: bytes | str) -> None:
    """Replace the contents of a file: afterwards it has all of the new ones, or still the old ones.

    A file has one writer at a time; what a killed writer left beside it is overwritten.

    Args:
        path: A file that is missing is made; a folder that is missing is not.
        data: Text is written as UTF-8.

    Raises:
        OSError: The disk refused. Unless only the folder could not be synced, the file is as it
            was, and nothing lies beside it.
    """
    put_in_place(write_aside(path, data), path)


def write_aside(path: Path, data: bytes | str) -> Path:
    """Write the next contents of a file beside it, durably; `put_in_place` then makes them its own.

    Files that belong together are all written aside before the first is put in place, so that a
    full disk is noticed while nothing has changed yet.

    Returns:
        The path of what was written: `NAME.new` in the same folder.
    """
    aside = path.with_name(path.name + ".new")
    aside.unlink(missing_ok=True)  # left by a writer that was killed
    with writing(path):
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
    """Rename `aside`, which `write_aside` wrote, to `path`, durably."""
    with writing(path):
        try:
            os.replace(aside, path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    sync_folder(path.parent)


def create_file(path: Path, data: bytes | str) -> None:
    """Make a new file with all of its contents at once.

    Raises:
        FileExistsError: There is a file of that name, which is left as it is.
        OSError: The disk refused, and there is no such file.
    """
    aside = write_aside(path, data)
    try:
        os.link(aside, path)  # unlike a rename, a link replaces no file
    except FileExistsError:
        aside.unlink()
        raise
    except OSError:
        # The file system has no hard links.
        if path.exists():
            aside.unlink()
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        put_in_place(aside, path)
    else:
        aside.unlink()
        sync_folder(path.parent)


def free_name(path: Path) -> Path:
    """The first of `NAME-2`, `NAME-3`, ..., with the same ending, that is free in its folder."""
    numbered = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(one for one in numbered if not one.exists())


def append_bytes(descriptor: int, data: bytes, size: int, path: Path, *, sync: bool = True) -> None:
    """Write `data` behind the first `size` bytes of a file, or leave it at that length.

    The caller says where to write, not the end of the file: what a failed attempt left there, and
    could not be cut off, is overwritten by the next attempt at the same place. Until then the file
    ends in a part of `data`, so readers must tell a whole record from a half one.

    Args:
        descriptor: An open file that may be written.
        size: Bytes of the file that are kept; `data` follows them.
        path: The file's, for the error.
        sync: Return only when the disk has the data. Without it the data survives the end of the
            process, but perhaps not a power cut.

    Raises:
        OSError: The disk refused.
    """
    with writing(path):
        try:
            _write(descriptor, data, size)
            if sync:
                os.fsync(descriptor)
        except BaseException:
            # The first error is the one to raise; what this one leaves is overwritten (see above).
            with suppress(OSError):
                os.ftruncate(descriptor, size)
            raise


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: syncing a file covers its bytes alone."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with writing(folder):
            os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A context in which an error of a disk names the file that is written.

    Errors of opening a file name it; those of writing, syncing and closing do not, and those of a
    full disk come there.
    """
    try:
        yield
    except OSError as error:
        if error.errno is not None and not isinstance(error.filename, str | bytes):
            error.filename = str(path)
        raise


def copy_file(source: Path, target: Path) -> None:
    """Copy the contents of a file.

    Raises:
        OSError: The file cannot be read, or the disk refused; it names which.
    """
    with writing(target):
        shutil.copyfile(source, target)


def place_and_reason(error: OSError) -> str:
    """Where a disk refused, and why, for a person; the reason alone where the error has no more."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        _, target, reason = error.args[0][0]  # the first of all files that were not copied
        return f"{target}: {reason}"
    # Of a copy the first name is what was read.
    name = error.filename if error.filename2 is None else error.filename2
    name = os.fsdecode(name) if isinstance(name, str | bytes) else None
    reason = error.strerror or str(error)
    return reason if name is None else f"{name}: {reason}"


def _write(descriptor: int, data: bytes, place: int) -> None:
    """Write all of `data` from the byte `place` on.

    The system may take a part at a time, and may answer a full disk with zero bytes.
    """
    left = memoryview(data)
    while left:
        taken = os.pwrite(descriptor, left, place)
        if not taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left, place = left[taken:], place + taken
