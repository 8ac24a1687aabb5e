"""The bytes of a text file as text: byte order marks, encodings, and the ends of lines."""

from __future__ import annotations

import codecs
import re
import shlex
from pathlib import Path

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.foreign import foreign

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
)
"""Each byte order mark with Python's codec and a name. The mark of UTF-32 comes first, since that
of UTF-16 is its beginning."""

_LINE_END = re.compile("\r\n|\r|\n")
_LINE_END_BYTES = re.compile(b"\r\n|\r|\n")


def marked(raw: bytes) -> tuple[bytes, str, str]:
    """The byte order mark of a text, its codec and the encoding's name; without a mark, no bytes,
    UTF-8 and an empty name."""
    return next((mark for mark in _MARKS if raw.startswith(mark[0])), (b"", "utf-8", ""))


def without_mark(raw: bytes) -> tuple[bytes, str]:
    """A text as UTF-8 without the byte order mark that may begin it.

    Returns:
        The bytes, and the name of the encoding that the mark says, empty without a mark. Bytes
        behind a mark of UTF-8, or without one, are not checked.

    Raises:
        UnicodeDecodeError: The bytes behind a mark of UTF-16 or UTF-32 are no such text.
    """
    mark, codec, name = marked(raw)
    rest = raw[len(mark) :]
    return (rest if codec == "utf-8" else rest.decode(codec).encode("utf-8")), name


def decoded(path: Path, raw: bytes, whole: bool = True) -> str:
    """The text of a file in UTF-8, or in the encoding of its byte order mark, without the mark.

    Args:
        raw: The bytes of the file, or the first of them.
        whole: Whether these are all bytes; if not, a character that is cut off at their end is
            left out.

    Raises:
        DataError: The bytes are no text in that encoding, or of a file of another kind.
    """
    if other := foreign(path, raw):
        raise DataError(f"{path} {other}.")
    mark, codec, _ = marked(raw)
    rest = raw[len(mark) :]
    try:
        text = codecs.getincrementaldecoder(codec)().decode(rest, final=whole)
    except UnicodeDecodeError as error:
        if codec != "utf-8":
            raise DataError(
                f"{path} begins with the byte order mark of {codec.upper()} and is no such text "
                f"({error.reason} at byte {len(mark) + error.start}). Save the file as UTF-8."
            ) from error
        raise no_utf8(path, rest[error.start], line_at(rest, error.start)) from error
    if "\0" in text:
        line = len(_LINE_END.findall(text, 0, text.index("\0"))) + 1
        raise DataError(f"{path}:{line}: holds zero bytes and is no text in UTF-8. {_recode(path)}")
    return text


def no_utf8(path: Path, byte: int | None = None, line: int | None = None) -> DataError:
    """The error for a file that is not UTF-8, with the command that may convert it."""
    place = f"{path}:{line}" if line is not None else str(path)
    what = f"byte 0x{byte:02x} is no UTF-8" if byte is not None else "a cell is no UTF-8"
    return DataError(f"{place}: {what}. {_recode(path)}")


def _recode(path: Path) -> str:
    target = f"{path.stem}.utf8{path.suffix}"
    command = f"iconv -f latin1 -t utf-8 {shlex.quote(str(path))} > {shlex.quote(target)}"
    return f"Convert the file, if that is its encoding: {command}"


def lines_of(text: str) -> list[str]:
    """The lines of a text, which end in LF, CR LF or CR.

    Unlike `str.splitlines`, this does not end lines at U+2028, U+0085, form feeds and the like.
    """
    lines = _LINE_END.split(text)
    return lines if lines[-1] else lines[:-1]


def line_at(raw: bytes, offset: int) -> int:
    """The line, from 1, in which a byte of a UTF-8 file lies."""
    return sum(1 for _ in _LINE_END_BYTES.finditer(raw, 0, offset)) + 1
