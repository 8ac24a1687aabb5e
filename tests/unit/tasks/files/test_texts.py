"""Columns of texts, and what is wrong with the files that they are read from."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.texts import read_texts

ENDS = ["\n", "\r\n", "\r"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_table_of_texts(tmp_path: Path, delimiter: str, end: str, encoding: str) -> None:
    path = tmp_path / "table.csv"
    texts = ["a,b;c\td|e", "two\nlines", "x" * 200_000, "ein\u2028satz"]
    out = StringIO(newline="")
    writer = csv.writer(out, csv.unix_dialect, delimiter=delimiter, lineterminator=end)
    writer.writerow(["a\nnumber", "text", "label"])
    writer.writerows([number, text, "a"] for number, text in enumerate(texts))
    path.write_text(out.getvalue(), encoding=encoding, newline="")
    table = read_texts(path, ["text", "label", "a\nnumber"])
    assert table.columns["text"] == texts
    assert table.columns["a\nnumber"] == ["0", "1", "2", "3"]
    assert table.lines == [3, 4, 6, 7]


def test_a_tie_of_delimiters_is_parted_by_the_wanted_columns(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("text;label, or none, or both\na,b;x\n", encoding="utf-8")
    assert read_texts(path, ["text"]).columns["text"] == ["a,b"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('\n\n"x\ny",a\n\nz\n', r"table\.csv:7: 1 cells where the first line names 2 columns"),
        ('"x\n\ny",a\n\n"z\n",\n', r"table\.csv:6: the column 'label' is empty here"),
        ('x,a\n"y\n,a\n', r"table\.csv:3: the row that begins here is no CSV"),
        ('x,a\n"y"z,a\n', r"table\.csv:3: .* A quote inside of a quoted cell is written twice"),
    ],
)
@pytest.mark.parametrize("end", ENDS)
def test_a_message_names_the_line_on_which_a_row_begins(
    tmp_path: Path, rows: str, words: str, end: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(("text,label\n" + rows).replace("\n", end), encoding="utf-8", newline="")
    with pytest.raises(DataError, match=words):
        read_texts(path, ["text", "label"])


def test_pages_that_are_damaged_are_said_though_the_footer_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame({"text": [f"w{row}" for row in range(5000)]}).to_parquet(path)
    raw = bytearray(path.read_bytes())
    raw[200:8000] = np.random.default_rng(0).bytes(7800)
    path.write_bytes(raw)
    with pytest.raises(DataError, match=r"x\.parquet is no Parquet file that can be read"):
        read_texts(path, ["text"])


def test_columns_that_are_not_read_may_be_odd(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\ntext;n;n;;\na, b;1;2;3;4\n", encoding="utf-8")
    table = read_texts(path, ["text"])
    assert (table.columns, table.lines) == ({"text": ["a, b"]}, [3])
    with pytest.raises(DataError, match=r"x\.csv:1: 'n' names more than one column"):
        read_texts(path, ["text", "n"])
