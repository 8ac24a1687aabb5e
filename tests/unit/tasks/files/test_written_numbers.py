"""Numbers as people write them: what all cells of a column show, and nothing that they do not."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.written.number_evidence import NumberEvidence
from rnnsearch.tasks.files.written.numbers import NumberForm
from rnnsearch.tasks.files.written.reading import read_numbers

NAN = float("nan")


def evidence(cells: list[str], blocks: int = 1) -> NumberEvidence:
    found = NumberEvidence()
    for block in np.array_split(np.array(cells, object), blocks):
        found.add(pa.array(block.tolist(), pa.string()))
    return found


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.5", "2", ""], [1.5, 2, NAN]),
        (["1,234.5", "2"], [1234.5, 2]),
        (["1.234,5", "2"], [1234.5, 2]),
        (["1,5", "12"], [1.5, 12]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["1.234.567", "8"], [1234567, 8]),
        (["12,34,567", "5"], [1234567, 5]),
        (["1,200", "950"], [1200, 950]),
        (["1.200", "950"], [1200, 950]),
        (["1 234,5", "12 000"], [1234.5, 12000]),
        (["1\u202f234,5", "12\u00a0000"], [1234.5, 12000]),
        (["1'234.5", "2"], [1234.5, 2]),
        (["$1,234.50", "$5.00", "($3.10)", "-$2.00"], [1234.5, 5, -3.1, -2]),
        (["6,50 €", "5 €"], [6.5, 5]),
        (["R$ 5,00", "R$ 6,25"], [5, 6.25]),
        (["5 kWh", "6.5 kWh"], [5, 6.5]),
        (["12 µg/m³", "3 µg/m³"], [12, 3]),
        (["5%", "6.5 %"], [5, 6.5]),
        (["1.2M", "350K", "2B"], [1.2e6, 350e3, 2e9]),
        (["5-", "\u22127", "+3"], [-5, -7, 3]),
        (["1e-3", "2.5E5"], [1e-3, 2.5e5]),
        ([" 1 ", ".5"], [1, 0.5]),
        (["yes", "No", "YES"], [1, 0, 1]),
        (["true", "0"], [1, 0]),
        (["ja", "nein"], [1, 0]),
        (["1", "NA", "n/a", "-", "?", "null"], [1, NAN, NAN, NAN, NAN, NAN]),
    ],
)
def test_what_is_read(cells: list[str], numbers: list[float], kind: pa.DataType) -> None:
    form = evidence(cells).form()
    assert isinstance(form, NumberForm)
    np.testing.assert_allclose(form.read(pa.array(cells, kind)), numbers, rtol=1e-12)
    again = NumberForm.from_json(form.to_json())
    np.testing.assert_allclose(read_numbers(pa.array(cells, kind), again, "x"), numbers, rtol=1e-12)
    assert evidence(cells, blocks=len(cells)).form() == form


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (["1,234", "5,678"], r"may be 1234 \(decimal '.'\) or 1.234 .* task.decimal"),
        (["1,234", "5.678"], "task.decimal"),
        (["1,5", "1.5"], "decimal points and with decimal commas"),
        (["5 kWh", "6 MWh"], "several units"),
        (["5 kg", "6"], "several units"),
        (["1st", "2nd"], "several units"),
        (["001A", "002A"], "begin with 0"),
        (["1", "low"], "must hold numbers, not 'low'"),
        (["yes", "5"], "must hold numbers, not 'yes'"),
        (["yes", "off"], "must hold numbers"),
        (["1,23,4"], "must hold numbers, not '1,23,4'"),
        (["1 2"], "must hold numbers, not '1 2'"),
        (["(5"], r"must hold numbers, not '\(5'"),
        (["0x1F", "12:30", "2010-01-01", "A1"], "must hold numbers, not '0x1F'"),
        (["12:30"], "must hold numbers, not '12:30'"),
        (["2010-01-01"], "must hold numbers, not '2010-01-01'"),
        (["inf"], "infinite"),
    ],
)
def test_what_is_not_guessed(cells: list[str], words: str) -> None:
    form = evidence(cells).form()
    assert isinstance(form, str)
    assert re.search(words, form)


def test_the_file_or_the_user_says_what_cells_leave_open() -> None:
    open_cells = ["1,234", "5,678"]
    for given, shown, expected in ((".", "", 1234), (",", "", 1.234), ("", ",", 1.234)):
        form = evidence(open_cells).form(given, shown)
        assert isinstance(form, NumberForm)
        assert form.read(pa.array(open_cells))[0] == expected
    said = evidence(["1,5", "2"]).form(".")
    assert isinstance(said, str)
    assert "whose decimal sign is the comma" in said
    shown = evidence(["1.5", "2"]).form("", ",")  # a column's own proof outweighs other columns
    assert isinstance(shown, NumberForm)
    assert shown.decimal == "."


def test_what_was_coerced_is_said() -> None:
    found = evidence(["1,234.5", "?", "-", "?"])
    form = found.form()
    assert isinstance(form, NumberForm)
    assert found.notes("x", form) == [
        "'x': '1,234.5' is read as 1234.5",
        "'x': cells of '?' (2), '-' (1) count as empty",
    ]
    plain = evidence(["10.074", "1234.5", "7"])
    assert plain.notes("x", NumberForm()) == []


def test_the_row_of_a_bad_cell_counts_through_blocks() -> None:
    found = evidence(["1", "2", "3", "1", "x"], blocks=2)
    assert found.bad == (4, "x")


def test_a_model_refuses_other_forms_than_those_of_training() -> None:
    commas = NumberForm(",", points=True)
    assert read_numbers(pa.array(["1.234,5"]), commas, "x") == [1234.5]
    assert read_numbers(pa.array([1234.5]), commas, "x") == [1234.5]
    with pytest.raises(DataError, match="decimal sign is the point"):
        read_numbers(pa.array(["1.5"]), commas, "x")
    with pytest.raises(DataError, match="points stood between thousands"):
        read_numbers(pa.array([1.234, 999.0]), commas, "x")
    with pytest.raises(DataError, match=r"not written as in training .*'kWh'"):
        read_numbers(pa.array(["5 MWh"]), NumberForm(unit="kWh"), "x")
    assert np.isnan(read_numbers(pa.array(["", None]), NumberForm(unit="kWh"), "x")).all()


def test_values_that_mean_an_empty_cell() -> None:
    form = NumberForm(empty_values=(-999.0,))
    for column in (pa.array(["-999", "1"]), pa.array([-999, 1])):
        np.testing.assert_array_equal(read_numbers(column, form, "x"), [NAN, 1])
