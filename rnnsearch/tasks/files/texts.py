"""A text file as its bytes and its text."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.data_file import read_data
from rnnsearch.tasks.files.encoding import line_at, without_mark


def read_text(path: Path) -> tuple[bytes, str]:
    """The bytes of a text file, and its text: UTF-8, or what its byte order mark says.

    Raises:
        DataError: The file cannot be read, is empty, or is no text in that encoding.
    """
    raw = read_data(path)
    if not raw:
        raise DataError(f"{path} is empty (0 bytes).")
    plain = raw
    try:
        plain, _ = without_mark(raw)
        text = plain.decode("utf-8")
    except UnicodeDecodeError as error:
        if plain is raw and error.encoding != "utf-8":
            raise DataError(
                f"{path} begins with the byte order mark of {error.encoding.upper()} and is no "
                f"such text ({error.reason} at byte {error.start}). Save the file as UTF-8."
            ) from error
        raise DataError(
            f"{path}:{line_at(plain, error.start)}: not UTF-8: byte 0x{plain[error.start]:02X} "
            f"({error.reason}). Save the file as UTF-8."
        ) from error
    if "\0" in text:
        line = line_at(plain, plain.index(b"\0"))
        raise DataError(f"{path}:{line}: holds zero bytes and is no text. Save it as UTF-8.")
    return raw, text
