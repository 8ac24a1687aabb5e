"""The times of steps: a file's texts and a DataFrame's columns are put in the same order."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.frames import frame_columns
from rnnsearch.tasks.labels.times import put_in_order, times_of, times_of_column


def place(row: int) -> str:
    return f"x.csv:{row + 2}"


CASES = {
    "numbers": ["3", "1e0", "2.5"],
    "days": ["2024-01-03", "2024-01-01", "2024-01-02"],
    "fractions": [f"2024-01-01T00:00:00.{part}" for part in ("300", "100001", "100002")],
    "zones": ["2024-01-01T03:00+00:00", "2024-01-01T03:00+02:00", "2024-01-01T03:00+01:00"],
}


@pytest.mark.parametrize("name", CASES)
def test_texts_and_typed_columns_have_one_order(name: str) -> None:
    cells = CASES[name]
    typed: Any = pd.to_datetime(cells, utc=name == "zones") if name != "numbers" else cells
    columns = [pyarrow.array(cells), frame_columns(pd.DataFrame({"t": typed}), ["t"])["t"]]
    if name == "numbers":
        columns.append(pyarrow.array([float(cell) for cell in cells]))
    for times in (times_of(cells, place), *(times_of_column(one, place) for one in columns)):
        rows = [0, 1, 2]
        assert put_in_order(rows, times) is None
        assert rows == [1, 2, 0]
        assert put_in_order([2, 0, 2], times) == (2, 2)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1", "2", "x"], r"x\.csv:4: 'x' is no number"),
        (["1", "nan"], r"x\.csv:3: 'nan' is not finite"),
        (["2024-01-01", "soon"], r"x\.csv:3: 'soon' is no ISO 8601 time and no number"),
        (["2024-01-01T00:00", "2024-01-01T00:00Z"], r"x\.csv:3: some times have a zone"),
        (["2024-01-01", None], r"x\.csv:3: there is no time here"),
    ],
)
def test_what_is_no_time_is_named_by_its_row(cells: list[str | None], words: str) -> None:
    with pytest.raises(DataError, match=words):
        times_of_column(pyarrow.array(cells), place)
