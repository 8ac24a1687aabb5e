"""The times of the rows after the end of a series."""

from __future__ import annotations

import numpy as np
import pytest

from rnnsearch.tasks.series.steps import times_after


def stamps(*texts: str) -> np.ndarray:
    return np.array(texts, "datetime64[s]")


CASES = {
    "hours": (stamps("2024-02-28T22", "2024-02-28T23"), ["2024-02-29T00", "2024-02-29T01"]),
    "a gap": (
        stamps("2024-01-01", "2024-01-02", "2024-01-05", "2024-01-06"),
        ["2024-01-07", "2024-01-08"],
    ),
    "months": (stamps("2023-11-15", "2023-12-15"), ["2024-01-15", "2024-02-15"]),
    "quarters": (stamps("2023-07-01", "2023-10-01"), ["2024-01-01", "2024-04-01"]),
    "month ends": (
        stamps("2023-10-31", "2023-11-30", "2023-12-31"),
        ["2024-01-31", "2024-02-29", "2024-03-31"],
    ),
    "month ends that all have thirty days": (
        stamps("2024-04-30", "2024-06-30"),
        ["2024-08-31", "2024-10-31"],
    ),
    "working days": (
        stamps(*(f"2024-01-{day:02d}T17" for day in (3, 4, 5, 8, 9, 10, 11, 12))),
        ["2024-01-15T17", "2024-01-16T17"],
    ),
    "days within a week": (
        stamps("2024-01-03", "2024-01-04", "2024-01-05"),
        ["2024-01-06", "2024-01-07"],
    ),
    "every day": (
        stamps("2024-01-05", "2024-01-06", "2024-01-07", "2024-01-08"),
        ["2024-01-09", "2024-01-10"],
    ),
    "weeks": (stamps("2024-01-05", "2024-01-12"), ["2024-01-19", "2024-01-26"]),
}


@pytest.mark.parametrize("case", CASES)
def test_dates_go_on_as_the_rows_did(case: str) -> None:
    given, expected = CASES[case]
    assert list(times_after(given, len(expected))) == list(stamps(*expected))


def test_numbers_and_a_single_row() -> None:
    assert list(times_after(np.array([1, 3, 5, 9]), 2)) == [11, 13]
    assert list(times_after(np.array([5]), 2, 3.0)) == [8, 11]
    one = np.array(["2024-01-01"], "datetime64[ms]")
    assert list(times_after(one, 1, 3600.0)) == [np.datetime64("2024-01-01T01")]
