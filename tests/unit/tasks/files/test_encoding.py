"""What is a line, what is a mark, and which line of a file a message names."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnsearch.errors import DataError
from rnnsearch.space.draft import draft
from rnnsearch.tasks.files.encoding import line_at, lines_of, without_mark
from rnnsearch.tasks.files.texts import read_texts
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.labels.data import LabelsData
from rnnsearch.tasks.labels.source import read_labelled
from rnnsearch.tasks.sequences.unlabelled import read_unlabelled
from rnnsearch.tasks.splits import SplitConfig
from rnnsearch.tasks.text.config import TextConfig
from rnnsearch.tasks.text.data import TextData

INSIDE = ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]
"""What `str.splitlines` takes for ends of lines, and no file does."""
WHOLE = SplitConfig(train=1.0, val=0.0, test=0.0)
ENDS = ["\n", "\r\n", "\r"]
MARKED = {
    "UTF-8": codecs.BOM_UTF8 + "grün".encode(),
    "UTF-16": codecs.BOM_UTF16_LE + "grün".encode("utf-16-le"),
    "UTF-32": codecs.BOM_UTF32_BE + "grün".encode("utf-32-be"),
}


@given(
    st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))),
    st.sampled_from(ENDS),
)
def test_only_line_ends_end_lines(lines: list[str], end: str) -> None:
    assert lines_of("".join(line + end for line in lines)) == lines
    raw = "".join(line + end for line in lines).encode()
    assert line_at(raw, len(raw)) == len(lines) + 1


@pytest.mark.parametrize("end", ENDS)
def test_sequences_of_a_folder_are_its_lines(tmp_path: Path, end: str) -> None:
    for name in "ab":
        lines = [f"{name}{number}{mark}x" for number in range(10) for mark in INSIDE[:3]]
        (tmp_path / f"{name}.txt").write_text(end.join(lines) + end, encoding="utf-8", newline="")
    found = read_labelled(LabelsConfig(path=str(tmp_path)), tmp_path)
    assert len(found.sequences) == 60
    named = read_unlabelled(tmp_path / "a.txt", {"reads": "text", "columns": {"text": "text"}})
    assert [name for name, _ in named] == found.sequences[:30]


def test_lines_that_are_equal_are_labelled_each(tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("one\ntwo\none\n", encoding="utf-8")
    manifest = {"reads": "text", "columns": {"text": "text"}}
    found = read_unlabelled(tmp_path / "some.txt", manifest)
    assert [name for name, _ in found] == ["one", "two", "one"]


@pytest.mark.parametrize("name", MARKED)
@pytest.mark.parametrize("unit", ["char", "byte"])
def test_a_mark_is_no_symbol(tmp_path: Path, name: str, unit: Literal["char", "byte"]) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(MARKED[name])
    data = TextData.read(TextConfig(path=str(path), unit=unit, cyclic=True, split=WHOLE))
    assert data.vocabulary.decode(data.tokens.tolist()) == "grün"
    assert f"read as {name}" in data.notes()[0]
    assert without_mark(MARKED[name]) == ("grün".encode(), name)
    assert draft(path).yaml.startswith("# Drafted by `rnnsearch init` from text.txt: 4 characters")


def test_a_mark_elsewhere_is_a_symbol(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("ab\ufeffab", encoding="utf-8")
    data = TextData.read(TextConfig(path=str(path), split=WHOLE))
    assert "\ufeff" in data.vocabulary.decode(data.tokens.tolist())
    assert not any("mark" in note for note in data.notes())


def test_bytes_behind_a_mark_that_are_no_such_text(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(codecs.BOM_UTF16_LE + b"a\0b\0\0\xd8")
    with pytest.raises(DataError, match="is not UTF-16-LE: byte 0x00 at offset 4"):
        TextData.read(TextConfig(path=str(path)))
    with pytest.raises(DataError, match="byte order mark of UTF-16-LE and is no such text"):
        read_texts(path, ["text"])
    path.write_bytes("text,label\n".encode("utf-16-le"))
    with pytest.raises(DataError, match=r"text\.txt:1: holds zero bytes"):
        read_texts(path, ["text"])


def test_lines_of_which_ascii_leaves_nothing_are_said(tmp_path: Path) -> None:
    for name in ("latin", "both"):
        words = [f"{name}{number}" for number in range(8)]
        words += ["東京", "大阪"] if name == "both" else []
        (tmp_path / f"{name}.txt").write_text("\n".join(words), encoding="utf-8")
    data = LabelsData.read(LabelsConfig(path=str(tmp_path), normalize="ascii"))
    assert "2 lines of both.txt have nothing left in ASCII" in data.notes()
