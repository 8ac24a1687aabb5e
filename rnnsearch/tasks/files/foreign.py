"""Files of another kind than a text or a table, recognised by their first bytes."""

from __future__ import annotations

import shlex
from pathlib import Path

_KINDS = (
    (b"\x1f\x8b", "is packed by gzip; unpack it: gzip -dk {path}"),
    (b"BZh", "is packed by bzip2; unpack it: bzip2 -dk {path}"),
    (b"\xfd7zXZ", "is packed by xz; unpack it: xz -dk {path}"),
    (b"\x28\xb5\x2f\xfd", "is packed by zstd; unpack it: zstd -dk {path}"),
    (b"PK\x03\x04", "is a zip archive or a spreadsheet; unpack it, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "is an old spreadsheet; save the sheet as CSV"),
    (b"PAR1", "is a Parquet file; give it that ending: mv {path} {path}.parquet"),
    (b"ARROW1", "is an Arrow (Feather) file; write the table as Parquet or CSV"),
    (b"\x89HDF", "is an HDF5 file; write the table as Parquet or CSV"),
    (b"SQLite format 3", "is an SQLite database; write the table as CSV"),
    (b"%PDF", "is a PDF; a table must be CSV or Parquet, a text plain"),
)


def foreign(path: Path, raw: bytes) -> str:
    """What a file is instead of a text or a CSV, and what to do about it, as words that follow its
    path; empty where it may be one."""
    for mark, words in _KINDS:
        if raw.startswith(mark):
            return words.format(path=shlex.quote(str(path)))
    return ""
