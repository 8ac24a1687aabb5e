"""Times as people write them: day and month in the order that the column shows, or not at all."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.files.written.joined import JoinedForm, joined
from rnnsearch.tasks.files.written.time_evidence import TimeEvidence
from rnnsearch.tasks.files.written.times import Place, TimeForm

WEEKS = [datetime(2010, 2, 5) + timedelta(days=7 * at) for at in range(60)]
HOURS = [datetime(2010, 2, 5) + timedelta(hours=at) for at in range(400)]
MONTHS = [datetime(2010 + at // 12, at % 12 + 1, 1) for at in range(40)]


def form_of(cells: list[str], date_format: str | None = None, blocks: int = 1) -> TimeForm | str:
    found = TimeEvidence()
    for block in np.array_split(np.array(cells, object), blocks):
        found.add(pa.array(block.tolist(), pa.string()))
    return found.form(date_format)


def place(row: int) -> str:
    return f"row {row}"


def read_times(cells: pa.Array, place: Place) -> np.ndarray:
    """A column by itself, as the only one of the time."""
    found = TimeForm("clock")
    if pa.types.is_string(cells.type):
        own = form_of(cells.to_pylist())
        assert isinstance(own, TimeForm)
        found = own
    form = joined(("Time",), (found,))
    if isinstance(form, str):
        raise DataError(form)
    return form.read([cells], place)


@pytest.mark.parametrize("blocks", [1, 3])
@pytest.mark.parametrize(
    ("times", "pattern"),
    [
        (WEEKS, "%Y-%m-%d"),
        (WEEKS, "%d-%m-%Y"),
        (WEEKS, "%m/%d/%Y"),
        (WEEKS, "%d.%m.%y"),
        (WEEKS, "%m/%d/%y"),
        (WEEKS, "%y-%m-%d"),
        (WEEKS, "%d %b %Y"),
        (WEEKS, "%d-%b-%y"),
        (WEEKS, "%b %d, %Y"),
        (WEEKS, "%A, %d %B %Y"),
        (WEEKS, "%Y%m%d"),
        (HOURS, "%Y-%m-%d %H:%M:%S"),
        (HOURS, "%d/%m/%Y %I:%M %p"),
        (HOURS, "%m/%d/%Y, %I:%M:%S %p"),
        (HOURS, "%Y/%m/%dT%H:%M:%SZ"),
        (HOURS, "%Y-%m-%d %I-%p"),
        (HOURS, "%d.%m.%Y %H.%M"),
        (HOURS, "%Y%m%d:%H%M"),
        (HOURS, "%Y%m%dT%H%M%S"),
        (MONTHS, "%Y-%m"),
        (MONTHS, "%m/%Y"),
        (MONTHS, "%YM%m"),
        (MONTHS, "%b-%Y"),
        (MONTHS, "%Y%m"),
        (MONTHS, "%d/%m/%Y"),
        (MONTHS, "%m/%d/%Y"),
        (MONTHS, "%d/%m/%y"),
    ],
)
def test_every_way_to_write_a_time(times: list[datetime], pattern: str, blocks: int) -> None:
    for cells in ([time.strftime(pattern) for time in way] for way in (times, times[::-1])):
        form = form_of(cells, blocks=blocks)
        assert isinstance(form, TimeForm)
        found = form.read(pa.array(cells), place)
        read = sorted(found.astype("datetime64[s]").tolist())
        assert read == times
        assert TimeForm.from_json(form.to_json()) == form


def test_panels_in_blocks_show_the_order_of_day_and_month() -> None:
    cells = [time.strftime("%d-%m-%y") for time in WEEKS] * 3
    assert form_of(cells) == TimeForm("parts", "dmy")


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            ["01/02/2010", "03/04/2010", "05/06/2010", "07/07/2010", "08/11/2010"],
            r"may be dmy \(1 February 2010\) or mdy \(2 January 2010\); .* task.date_format",
        ),
        (["31/12/2010", "12/31/2010"], "'12/31/2010', which is no time"),
        (["2010-02-30"], "'2010-02-30', which is no time"),
        (["2010-02-05 10:00", "2010-02-05 11:00Z"], "with a zone and without"),
        (["soon"], "'soon', which is no time such as"),
        (["2010-01-02/03"], "which is no time"),
    ],
)
def test_what_is_not_guessed(cells: list[str], words: str) -> None:
    said = form_of(cells)
    assert isinstance(said, str)
    assert re.search(words, said)


def test_the_user_says_the_order_or_a_pattern() -> None:
    cells = ["01/02/2010", "03/04/2010"]
    for order, month in (("dmy", "2010-02"), ("mdy", "2010-01")):
        form = form_of(cells, order)
        assert isinstance(form, TimeForm)
        assert form.read(pa.array(cells), place)[0].astype("datetime64[M]") == np.datetime64(month)
    wrong = form_of(["13/02/2010"], "mdy")
    assert isinstance(wrong, str)
    assert "not of the order mdy" in wrong
    form = form_of(["31|12|2010 07h"], "%d|%m|%Y %Hh")
    assert isinstance(form, TimeForm)
    assert form.read(pa.array(["31|12|2010 07h"]), place)[0] == np.datetime64("2010-12-31T07")


def test_fractions_of_a_second_are_kept() -> None:
    cells = ["2010-02-05T10:00:00.123456789", "2010-02-05T10:00:00.123456790"]
    found = read_times(pa.array(cells), place)
    assert np.diff(found) == np.timedelta64(1, "ns")
    old = read_times(pa.array(["1066-10-14 09:00:00.5", "1066-10-14 09:00:01"]), place)
    assert np.diff(old) == np.timedelta64(500, "ms")
    many = read_times(pa.array(["1700000000000000001", "1700000000000000002"]), place)
    assert np.diff(many) == 1


def test_offsets_become_utc_and_it_is_said() -> None:
    found = TimeEvidence()
    found.add(pa.array(["2010-02-05 10:00+02:00", "2010-02-05 10:00-0330"]))
    form = found.form()
    assert isinstance(form, TimeForm)
    read = form.read(pa.array(["2010-02-05 10:00+02:00", "2010-02-05 10:00-0330"]), place)
    assert read.tolist() == [datetime(2010, 2, 5, 8), datetime(2010, 2, 5, 13, 30)]
    assert found.notes("t", form) == ["'t': times with an offset became UTC"]


def test_a_time_of_day_is_no_date() -> None:
    for column in (pa.array(["18:00:00", "19.30"]), pa.array([1, 2], pa.time32("s"))):
        with pytest.raises(DataError, match="times of day, which come again each day"):
            read_times(column, place)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"Date": ["31/12/2009"], "Time": ["18.30.00"]}, "2009-12-31T18:30"),
        ({"d": ["31/12/2009"], "Clock": ["6:30 PM"]}, "2009-12-31T18:30"),
        ({"day": ["2009-12-31"], "hr": ["24"]}, "2010-01-01T00:00"),
        ({"year": ["2009"], "month": ["12"], "day": ["31"], "hour": ["7"]}, "2009-12-31T07:00"),
        ({"year": ["2009"], "month": ["2"]}, "2009-02-01T00:00"),
        (
            {"Year": ["2009"], "MM": ["2"], "DD": ["3"], "t": ["10:05:00.25"]},
            "2009-02-03T10:05:00.25",
        ),
    ],
)
def test_a_time_of_several_columns(columns: dict[str, list[str]], expected: str) -> None:
    forms = [form_of(cells) for cells in columns.values()]
    assert all(isinstance(form, TimeForm) for form in forms)
    form = joined(tuple(columns), [one for one in forms if isinstance(one, TimeForm)])
    assert isinstance(form, JoinedForm)
    form = JoinedForm.from_json(form.to_json())
    read = form.read([pa.array(cells) for cells in columns.values()], place)
    assert read[0] == np.datetime64(expected)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Time": "10:00"}, "name the column of the date too"),
        ({"a": "2010-02-05", "b": "2010-02-06"}, "hold the time twice"),
        ({"a": "10:00", "hour": "3"}, "hold no date"),
        (
            {"a": "2010-02-05", "level": "3.5"},
            "'level' holds numbers, and its name is none of year",
        ),
        ({"year": "2010", "day": "3"}, "hold no month"),
        ({"a": "2010-02-05", "b": "10:00", "hour": "3"}, "hold the time of day twice"),
    ],
)
def test_columns_that_are_no_time_together(columns: dict[str, str], words: str) -> None:
    forms = [form_of([cell]) for cell in columns.values()]
    said = joined(tuple(columns), [one for one in forms if isinstance(one, TimeForm)])
    assert isinstance(said, str)
    assert words in said


def test_parts_out_of_their_range_are_named() -> None:
    form = joined(("year", "month"), (TimeForm("number"), TimeForm("number")))
    assert isinstance(form, JoinedForm)
    with pytest.raises(DataError, match="row 1: 13 is no month"):
        form.read([pa.array([2010, 2010]), pa.array([12, 13])], place)
