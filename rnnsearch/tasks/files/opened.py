"""Opening of data files, with an error message for whatever is wrong with the file itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from rnnsearch.errors import DataError
from rnnsearch.reading import read_file, refuse_irregular

T = TypeVar("T")

FROM_SPACE = "a relative task.path starts at the space file"

MOST_MEMORIES = 16
"""A table that has more bytes than this many times the machine's memory is refused unread."""


def read_data(path: Path, hint: str = "") -> bytes:
    """The content of a file.

    Args:
        hint: Added to the message that the file is missing: where a relative path starts.

    Raises:
        DataError: The file is missing, is empty or no regular file, is larger than this machine's
            memory, or cannot be read.
    """
    raw = _explained(path, lambda: read_file(path, memory_bytes()), hint)
    if not raw:
        raise empty(path)
    return raw


def opened(path: Path, read: Callable[[], T]) -> T:
    """What `read` gives of a table that is read in pieces; its failures become a `DataError`.

    Raises:
        DataError: The file is missing, empty, no regular file or far beyond the machine's memory,
            or `read` fails on it.
    """

    def checked() -> T:
        status = path.stat()
        refuse_irregular(status, path)
        if status.st_size == 0:
            raise empty(path)
        memory = memory_bytes()
        if status.st_size > MOST_MEMORIES * memory:
            raise DataError(
                f"{path} has {status.st_size / 2**30:,.0f} GiB, far beyond this machine's memory "
                f"of {memory / 2**30:,.0f} GiB; give a part of it."
            )
        return read()

    return _explained(path, checked, FROM_SPACE)


def _explained(path: Path, read: Callable[[], T], hint: str) -> T:
    """What `read` gives; the errors of the operating system become a `DataError` about the file."""
    try:
        return read()
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}{f'; {hint}' if hint else ''}.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; name one file.") from error
    except (OSError, ValueError) as error:  # a ValueError is of a zero byte in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}.") from error


def empty(path: Path) -> DataError:
    """The error for a file without content."""
    return DataError(f"{path} is empty (0 bytes).")


def memory_bytes() -> int:
    """How many bytes of memory this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def is_parquet(path: Path) -> bool:
    """Whether a file is a Parquet file, by its ending."""
    return path.suffix.lower() in (".parquet", ".pq")
