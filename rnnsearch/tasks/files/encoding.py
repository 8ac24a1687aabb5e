"""Bytes of a text file: the byte order mark that may begin them, and where lines end."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
)
"""The mark of UTF-16 begins that of UTF-32, which therefore comes first."""

_LINE_END = re.compile("\r\n|\r|\n")
_LINE_END_BYTES = re.compile(b"\r\n|\r|\n")


def without_mark(raw: bytes) -> tuple[bytes, str]:
    """A text as UTF-8 without the byte order mark that may begin it.

    Returns:
        The bytes, and the encoding that the mark names; `UTF-8` bytes are not looked at, and
        without a mark the bytes are given back with an empty name.

    Raises:
        UnicodeDecodeError: The bytes behind a mark of UTF-16 or UTF-32 are no such text.
    """
    for mark, codec, name in _MARKS:
        if raw.startswith(mark):
            rest = raw[len(mark) :]
            return (rest if name == "UTF-8" else rest.decode(codec).encode("utf-8")), name
    return raw, ""


def lines_of(text: str) -> list[str]:
    """The lines of a text, which end in LF, CR LF or CR alone.

    Unlike those of `str.splitlines`, they may hold U+2028, U+0085, form feeds and the like.
    """
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def line_at(raw: bytes, offset: int) -> int:
    """The line, from 1, in which a byte of a UTF-8 file lies."""
    return sum(1 for _ in _LINE_END_BYTES.finditer(raw, 0, offset)) + 1
