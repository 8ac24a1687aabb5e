"""The traceback of what a study goes on without, and a disk that has no room for it."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.study.pictures import attempted


def breaks() -> None:
    raise OSError(28, "No space left on device", "figures/champion.png")


def test_the_traceback_lies_where_the_line_says(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "picture-champion.log"
    assert attempted(breaks, "there is no picture", log, lines.append) is None
    (line,) = lines
    assert "figures/champion.png" in line
    assert str(log) in line
    assert "in breaks" in log.read_text()


def test_a_disk_that_takes_no_traceback_either_is_told_of_in_the_same_line(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "gone" / "picture-champion.log"
    assert attempted(breaks, "there is no picture", log, lines.append) is None
    (line,) = lines
    assert "there is no picture: figures/champion.png: No space left on device" in line
    assert "no traceback was kept in" in line
    assert "No such file or directory" in line
