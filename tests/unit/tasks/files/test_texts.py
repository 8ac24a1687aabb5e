"""Columns of texts, and what is wrong with the files that they are read from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.texts import read_texts


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
