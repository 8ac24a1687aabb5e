"""Numbers of sequences: read as all cells of their columns show, or refused by their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.sequences.numbers import numbers_in


def place(row: int, name: str) -> str:
    return f"row {row}, {name}"


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        ({"a": ["1.5", "-2", "1e3"]}, [[1.5, -2.0, 1000.0]]),
        ({"a": ["1,5", "-2", "0,25"]}, [[1.5, -2.0, 0.25]]),
        # a column that leaves its sign open is read as its neighbour shows
        ({"a": ["1,5", "2,25"], "b": ["1.234", "2.500"]}, [[1.5, 2.25], [1234.0, 2500.0]]),
        ({"a": ["5 kWh", "7 kWh"]}, [[5.0, 7.0]]),
        ({"a": ["yes", "no"]}, [[1.0, 0.0]]),
    ],
)
def test_how_numbers_are_written(columns: dict[str, list[str]], read: list[list[float]]) -> None:
    assert [list(one) for one in numbers_in(columns, place, "")] == read


@pytest.mark.parametrize(
    ("decimal", "cells", "read"),
    [
        (",", ["1.234", "2.500"], [1234.0, 2500.0]),
        (".", ["1.234", "2.500"], [1.234, 2.5]),
        (",", ["1,234", "5,678"], [1.234, 5.678]),
        (".", ["1,234", "5,678"], [1234.0, 5678.0]),
        (",", ["3", "4"], [3.0, 4.0]),
    ],
)
def test_a_decimal_sign_that_is_given(decimal: str, cells: list[str], read: list[float]) -> None:
    (numbers,) = numbers_in({"a": cells}, place, "", decimal=decimal)
    assert numbers.tolist() == read
    if decimal == ",":
        with pytest.raises(DataError, match="row 1, a: 'nan' is not finite"):
            numbers_in({"a": ["1,5", "nan"]}, place, "", decimal=decimal)


def test_cells_of_the_other_sign_are_refused() -> None:
    with pytest.raises(DataError, match="decimal"):
        numbers_in({"a": ["1,5", "2,25"]}, place, "", decimal=".")
    with pytest.raises(DataError, match="decimal"):
        numbers_in({"a": ["1.5", "2.25"]}, place, "", decimal=",")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1", "two"], "row 1, a: 'two' is no number. Fill it."),
        (["1,5", "nan"], "row 1, a: 'nan' is not finite. Fill it."),
        (["1.5", "inf"], "row 1, a: 'inf' is not finite. Fill it."),
        (["1,234", "5,678"], "with a decimal point and nothing between thousands"),
    ],
)
def test_what_is_no_number(cells: list[str], words: str) -> None:
    with pytest.raises(DataError) as caught:
        numbers_in({"a": cells}, place, " Fill it.")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("shown", "read"), [("0,5", [1234.0, 2500.0]), ("0.5", [1.234, 2.5]), ("5", [1.234, 2.5])]
)
def test_the_other_columns_show_the_decimal_sign(
    tmp_path: Path, shown: str, read: list[float]
) -> None:
    path = tmp_path / "x.csv"
    path.write_text(f"a;other\n1.234;{shown}\n2.500;{shown}\n")
    (numbers,) = numbers_in({"a": ["1.234", "2.500"]}, place, "", path)
    assert list(numbers) == read
