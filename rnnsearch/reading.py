"""Read a file as a whole, if it is a regular file and not larger than memory should hold."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_BLOCK = 1 << 16


def read_file(path: Path, most: int) -> bytes:
    """Read all bytes of a regular file.

    A device such as /dev/zero never ends, and a pipe that nobody writes to never begins.

    Args:
        most: How many bytes the file may have.

    Raises:
        OSError: The file is missing, is no regular file, or is longer; `strerror` says which.
    """
    # Without the flag, opening a pipe waits for whoever writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        refuse_irregular(status, path)
        contents, size = b"", status.st_size
        # Files below /proc give their size as 0 and are not empty, so reading goes on to the end.
        while size <= most and (block := file.read(max(size - len(contents), 0) + _BLOCK)):
            contents += block
            size = max(size, len(contents))
        if size > most:
            reason = f"it has {size:,} bytes or more, and at most {most:,} are read"
            raise OSError(errno.EFBIG, reason, str(path))
        return contents


def refuse_irregular(status: os.stat_result, path: Path) -> None:
    """Refuse a folder, a device or a pipe, none of which can be read as a whole.

    Raises:
        OSError: It is no regular file; `strerror` says what it is.
    """
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe; name a file", str(path))
