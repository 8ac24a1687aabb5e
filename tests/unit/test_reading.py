"""Files that end are read, others are refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rnnsearch.reading import read_file


def test_a_file_comes_whole(tmp_path: Path) -> None:
    for size in (0, 1, 65_536, 65_537, 300_000):
        (tmp_path / "file").write_bytes(os.urandom(size))
        assert read_file(tmp_path / "file", 300_000) == (tmp_path / "file").read_bytes()


def test_what_proc_shows_is_not_empty() -> None:
    assert read_file(Path("/proc/self/status"), 10**6).startswith(b"Name:")
    with pytest.raises(OSError, match="at most 10 are read"):
        read_file(Path("/proc/self/status"), 10)


def test_a_long_one_is_not_begun(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(OSError, match=r"1,099,511,627,776 bytes or more, and at most 1,000"):
        read_file(tmp_path / "sparse", 1000)


def test_what_never_ends_or_begins_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(OSError, match="a device or a pipe") as caught:
            read_file(path, 1000)
        assert caught.value.filename == str(path)
    with pytest.raises(IsADirectoryError):
        read_file(tmp_path, 1000)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none", 1000)
