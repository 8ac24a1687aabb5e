"""`--verbose` follows the log files of a study."""

from __future__ import annotations

from pathlib import Path

from rnnsearch.cli.log_tail import LogTail


def test_new_lines_once_and_whole(tmp_path: Path) -> None:
    old = tmp_path / "ray.log"
    old.write_text("of an earlier run\n", encoding="utf-8")
    said: list[str] = []
    tail = LogTail(tmp_path, said.append)
    with old.open("a", encoding="utf-8") as file:
        file.write("first\nhal")
    tail.read()
    assert said == ["[ray] first"]
    with old.open("a", encoding="utf-8") as file:
        file.write("f\n")
    (tmp_path / "pack-01.log").write_bytes(b"a byte \xff of its own\n")
    tail.read()
    tail.read()
    assert said[1:] == ["[pack-01] a byte \ufffd of its own", "[ray] half"]


def test_the_context_reads_to_the_end(tmp_path: Path) -> None:
    said: list[str] = []
    with LogTail(tmp_path, said.append):
        (tmp_path / "records.log").write_text("last word\n", encoding="utf-8")
    assert said == ["[records] last word"]
