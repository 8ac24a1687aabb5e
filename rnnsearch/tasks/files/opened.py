"""A file that is opened: of a kind that ends, and of a size that the machine can hold."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rnnsearch.errors import DataError

T = TypeVar("T")

MOST_MEMORIES = 16
"""A file of more bytes than so many times the machine's memory is not begun."""


def opened(path: Path, read: Callable[[], T]) -> T:
    """What `read` gives; its failures as words about the file, which must be a file of some size.

    Raises:
        DataError: The file is missing, empty, no file, beyond what the machine can hold, or `read`
            fails on it.
    """
    import pyarrow

    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise DataError(f"{path} is a folder; task.path names one file.")
        if not stat.S_ISREG(found.st_mode):
            raise DataError(f"{path} is a device or a pipe; task.path names a file.")
        if found.st_size == 0:
            raise DataError(f"{path} is empty (0 bytes).")
        memory = memory_bytes()
        if found.st_size > MOST_MEMORIES * memory:
            raise DataError(
                f"{path} has {found.st_size / 2**30:,.0f} GiB, far beyond this machine's memory of "
                f"{memory / 2**30:,.0f} GiB; give a part of it."
            )
        return read()
    except FileNotFoundError as error:
        raise DataError(
            f"there is no file {path}; a relative task.path starts at the space file."
        ) from error
    except pyarrow.ArrowException as error:
        raise DataError(f"{path} is no Parquet file that can be read: {error}.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}.") from error


def memory_bytes() -> int:
    """Of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")
