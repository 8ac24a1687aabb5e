"""Files read as a whole: of a kind that ends, and of a size that memory holds."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_BLOCK = 1 << 16


def read_file(path: Path, most: int) -> bytes:
    """The contents of a regular file.

    A device such as /dev/zero never ends, and a pipe that nobody writes to never begins.

    Args:
        most: Bytes that may be in it.

    Raises:
        OSError: It is not there, is no regular file, or is longer; `strerror` says which.
    """
    # Without the flag, opening a pipe waits for whoever writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        refuse_odd(status, path)
        found, size = b"", status.st_size
        # What /proc shows says that it is empty, and is not.
        while size <= most and (block := file.read(max(size - len(found), 0) + _BLOCK)):
            found += block
            size = max(size, len(found))
        if size > most:
            said = f"it has {size:,} bytes or more, and at most {most:,} are read"
            raise OSError(errno.EFBIG, said, str(path))
        return found


def refuse_odd(status: os.stat_result, path: Path) -> None:
    """Refuse what is no regular file.

    Raises:
        OSError: It is a folder, a device or a pipe; `strerror` says which.
    """
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe; name a file", str(path))
