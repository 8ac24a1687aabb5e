"""Times that put rows in order: a file's texts and a DataFrame's columns in the same one."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.written.reading import read_times
from rnnsearch.tasks.frames import frame_columns
from rnnsearch.tasks.sequences.table import put_in_order


def place(row: int) -> str:
    return f"x.csv:{row + 2}"


CASES = {
    "numbers": ["3", "1e0", "2.5"],
    "days": ["2024-01-03", "2024-01-01", "2024-01-02"],
    "fractions": [f"2024-01-01T00:00:00.{part}" for part in ("300", "100001", "100002")],
    "days first": ["31.1.2024", "5.1.2024", "13.1.2024"],
    "zones": ["2024-01-01T03:00+00:00", "2024-01-01T03:00+02:00", "2024-01-01T03:00+01:00"],
}


@pytest.mark.parametrize("name", CASES)
def test_texts_and_typed_columns_have_one_order(name: str) -> None:
    cells = CASES[name]
    typed: Any = (
        pd.to_datetime(cells, utc=name == "zones", dayfirst=name == "days first")
        if name != "numbers"
        else cells
    )
    columns = [pyarrow.array(cells), frame_columns(pd.DataFrame({"t": typed}), ["t"])["t"]]
    if name == "numbers":
        columns.append(pyarrow.array([float(cell) for cell in cells]))
    for times in (read_times(one, place) for one in columns):
        rows = [0, 1, 2]
        assert put_in_order(rows, times) is None
        assert rows == [1, 2, 0]
        assert put_in_order([2, 0, 2], times) == (2, 2)


def test_times_with_decimal_commas_are_numbers() -> None:
    assert read_times(pyarrow.array(["0,02", "1.000,5", "3"]), place).tolist() == [0.02, 1000.5, 3]


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1", "2", "x"], r"x\.csv:4 holds 'x', which is no time such as 2024-12-31"),
        (["1", "inf"], r"x\.csv:3: a time is not finite"),
        (["2024-01-01", "soon"], r"x\.csv:3 holds 'soon', which is no time such as"),
        (["2024-01-01T00:00", "2024-01-01T00:00Z"], r"x\.csv:2 has times with a zone and without"),
        (["2024-01-01", None], r"x\.csv:3: there is no time here"),
        (["2024-01-01", "NA"], r"x\.csv:3: there is no time here"),
        (["1/2/2024", "1/3/2024"], r"may be .*, or write them as 2024-12-31"),
        (["10:00", "10:30"], "holds times of day"),
    ],
)
def test_what_is_no_time_is_named_by_its_row(cells: list[str | None], words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_times(pyarrow.array(cells), place)
