"""A data file that is read as a whole: one that is there, that ends, and that memory holds."""

from __future__ import annotations

import os
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.reading import read_file

FROM_SPACE = "a relative task.path starts at the space file"


def read_data(path: Path, hint: str = "") -> bytes:
    """The contents of a file.

    Args:
        hint: Where a file that is not there may have been looked for wrongly.

    Raises:
        DataError: It is not there, is no regular file, is larger than this machine's memory, or
            cannot be read.
    """
    try:
        return read_file(path, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}{f'; {hint}' if hint else ''}.") from error
    except IsADirectoryError as error:
        raise DataError(f"{path} is a folder; name one file.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}.") from error
