"""Times are written back as the cells of their column are, and read as the same times."""

from __future__ import annotations

import numpy as np
import pyarrow
import pytest

from rnnsearch.tasks.files.written.joined import JoinedForm, joined
from rnnsearch.tasks.files.written.time_evidence import TimeEvidence
from rnnsearch.tasks.files.written.times import TimeForm
from rnnsearch.tasks.files.written.writing import written_times

HOURS = ["2024-02-29T22", "2024-02-29T23", "2024-03-01T00", "2024-03-01T13"]
DAYS = ["2024-02-28", "2024-02-29", "2024-12-01", "2025-01-03"]
MONTHS = ["2024-09-01", "2024-10-01", "2024-12-01", "2025-01-01"]


def form_of(cells: list[str], order: str | None = None) -> TimeForm:
    evidence = TimeEvidence()
    evidence.add(pyarrow.array(cells))
    form = evidence.form(order)
    assert isinstance(form, TimeForm), form
    return form


CASES = {
    "iso": (["2024-01-31 05:00", "2024-01-31 06:00"], HOURS, "2024-02-29 22:00"),
    "iso with a T and seconds": (["2024-01-31T05:00:00"], HOURS, "2024-02-29T22:00:00"),
    "a zone": (["2024-01-31T05:00:00+05:30"], HOURS, "2024-03-01T03:30:00+05:30"),
    "Z": (["2024-01-31T05:00:00Z"], HOURS, "2024-02-29T22:00:00Z"),
    "day first": (["31/01/2024", "01/02/2024"], DAYS, "28/02/2024"),
    "short numbers": (["31.1.2024", "1.2.2024"], DAYS, "28.2.2024"),
    "month first, two digits": (["01/31/24 5:00 PM", "2/1/24 11:00 AM"], HOURS, "2/29/24 10:00 PM"),
    "names": (["31 Jan 2024", "1 Feb 2024"], DAYS, "28 Feb 2024"),
    "names in full": (["January 31, 2024", "May 1, 2024"], DAYS, "February 28, 2024"),
    "a weekday and a suffix": (["Wed 31st Jan 2024"], DAYS, "28 Feb 2024"),
    "capitals": (["31-JAN-2024"], DAYS, "28-FEB-2024"),
    "months": (["2024-01", "2024-02"], MONTHS, "2024-09"),
    "quarters": (["2024Q1", "2024Q2"], ["2024-10-01", "2025-01-01"], "2024Q4"),
    "quarter first": (["Q1 2024"], ["2024-10-01", "2025-01-01"], "Q4 2024"),
    "weeks": (["2024-W01", "2024-W02"], ["2024-12-23", "2024-12-30"], "2024-W52"),
    "midnights left out": (["2024-01-30 23:00", "2024-01-31"], HOURS, "2024-02-29 22:00"),
    "days, and hours to come": (["2024-01-30", "2024-01-31"], HOURS, "2024-02-29 22:00"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_column_of_texts(case: str) -> None:
    cells, given, first = CASES[case]
    form = form_of(cells)
    times = np.array(given, "datetime64[s]")
    (written,) = written_times(JoinedForm(("time",), (form,)), [pyarrow.array(cells)], times)
    assert written[0] == first
    read = form_of([*cells, *written]).read(pyarrow.array(written), str)
    assert (read == times).all()


def test_dates_that_leave_their_order_open_are_written_in_the_order_of_training() -> None:
    form = form_of(["01/02/2024", "02/02/2024"], "dmy")
    times = np.array(["2024-02-03", "2024-02-13"], "datetime64[s]")
    cells = pyarrow.array(["01/02/2024", "02/02/2024"])
    assert written_times(JoinedForm(("time",), (form,)), [cells], times) == [
        ["03/02/2024", "13/02/2024"]
    ]


def test_a_pattern_of_strptime() -> None:
    form = TimeForm("format", pattern="%d.%m.%Y %Hh")
    times = np.array(HOURS, "datetime64[s]")
    (written,) = written_times(
        JoinedForm(("time",), (form,)), [pyarrow.array(["31.01.2024 05h"])], times
    )
    assert written[0] == "29.02.2024 22h"


def test_a_time_in_several_columns() -> None:
    times = np.array(HOURS, "datetime64[s]")
    dates, clocks = ["31/01/2024"] * 2, ["05:00", "06:00"]
    form = joined(["date", "clock"], [form_of(dates), form_of(clocks)])
    assert isinstance(form, JoinedForm)
    columns = [pyarrow.array(dates), pyarrow.array(clocks)]
    days, hours = written_times(form, columns, times)
    assert days == ["29/02/2024", "29/02/2024", "01/03/2024", "01/03/2024"]
    assert hours == ["22:00", "23:00", "00:00", "13:00"]
    number = TimeForm("number")
    parts = joined(["year", "month", "day", "hour"], [number] * 4)
    assert isinstance(parts, JoinedForm)
    found = written_times(parts, [pyarrow.array([1])] * 4, times)
    assert found == [[2024] * 4, [2, 2, 3, 3], [29, 29, 1, 1], [22, 23, 0, 13]]


def test_numbers_and_typed_columns_stay_what_they_are() -> None:
    number = JoinedForm(("time",), (TimeForm("number"),))
    assert written_times(number, [pyarrow.array(["1"])], np.array([7, 8])) == [[7, 8]]
    times = np.array(HOURS, "datetime64[s]")
    form = JoinedForm(("time",), (TimeForm("parts", "ymd"),))
    assert written_times(form, [pyarrow.array(times)], times) == [list(times)]
    whole = JoinedForm(("time",), (TimeForm("compact"),))
    days = np.array(DAYS, "datetime64[s]")
    assert written_times(whole, [pyarrow.array([20240131])], days)[0][0] == 20240228
    assert written_times(whole, [pyarrow.array(["20240131"])], days)[0][0] == "20240228"
