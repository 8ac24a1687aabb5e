"""A text file as its bytes and its text."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.errors import DataError


def read_text(path: Path) -> tuple[bytes, str]:
    """The bytes of a UTF-8 file, and its text without a byte order mark.

    Raises:
        DataError: The file cannot be read, is empty, or is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error
    if not raw:
        raise DataError(f"{path} is empty (0 bytes).")
    try:
        return raw, raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: not UTF-8: byte 0x{raw[error.start]:02X} ({error.reason}). "
            "Save the file as UTF-8."
        ) from error
