"""The usual step between the rows of a series, and the steps that differ from it.

Functions take the times of all series, one after the other, [rows], as dates (datetime64) or as
numbers, and `starts`: the first row of each series, and the number of rows, [series + 1].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.figures.panels import written
from rnnsearch.tasks.arrays import Floats, Ints

AT_ONCE = 1 << 20
"""Rows whose differences are taken at a time."""

MOST_STEPS = 1_000_000
"""About how many steps between rows, evenly spread, the usual one is the median of."""

_UNITS = ((604_800, "week"), (86_400, "day"), (3600, "hour"), (60, "minute"))
"""The seconds of each unit in which a step is written, the longest first."""

LAST_ROWS = 24
"""Rows at the end of a series that tell how it goes on."""

USUAL_SHARE = 0.75
"""The share of working days without a holiday between them, at least, in rows that go by them."""

MOST_ODD = 0.05
"""The share of odd steps up to which a series counts as regular; that of working days does not."""


def ticks(times: NDArray[Any]) -> NDArray[Any]:
    """Times as numbers that can be subtracted; dates count in their own unit, such as ms."""
    return times.view(np.int64) if times.dtype.kind == "M" else times


def ticks_a_second(times: NDArray[Any]) -> float:
    """How many of `ticks` make a second; 1 where times are numbers and no dates."""
    if times.dtype.kind != "M":
        return 1.0
    return {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[np.datetime_data(times.dtype)[0]]


def between(times: NDArray[Any]) -> Floats:
    """The steps from each time to the next; between dates in seconds."""
    return np.asarray(np.diff(ticks(times)) / ticks_a_second(times))


def ticks_between(times: NDArray[Any], starts: Ints) -> Iterator[NDArray[Any]]:
    """The steps within the series in `ticks`, in pieces that fit into little memory.

    Steps from the last row of a series to the first one of the next are left out.
    """
    lasts, at = starts[1:-1] - 1, ticks(times)
    for start in range(0, len(at) - 1, AT_ONCE):
        steps, here = np.diff(at[start : start + AT_ONCE + 1]), lasts - start
        yield np.delete(steps, here[(here >= 0) & (here < len(steps))])


def usual_step(times: NDArray[Any], starts: Ints) -> float | None:
    """The median step between rows that follow each other in a series; None where none does."""
    lasts, at = starts[1:-1] - 1, ticks(times)
    # Of very many rows, steps at evenly spread places suffice for the median.
    some = np.setdiff1d(np.arange(0, len(times) - 1, len(times) // MOST_STEPS + 1), lasts)
    if not len(some):
        return None
    return float(np.median(at[some + 1] - at[some])) / ticks_a_second(times)


def regular_step(times: NDArray[Any], starts: Ints) -> float | None:
    """The usual step where nearly all steps are equal, else None.

    A trained model keeps it and refuses or warns of rows at another step.
    """
    usual = usual_step(times, starts)
    if usual is None or odd_steps(times, starts, usual) > MOST_ODD * len(times):
        return None
    return usual


def slack(usual: float, dated: bool) -> float:
    """By how much a step may differ from the usual one: months and years are of several lengths."""
    return usual * (0.12 if dated and usual >= 27 * 86400 else 1e-3)


def odd_steps(times: NDArray[Any], starts: Ints, usual: float) -> int:
    """How many steps within the series differ from the usual one by more than `slack` allows."""
    most, a_second = slack(usual, times.dtype.kind == "M"), ticks_a_second(times)
    return sum(
        int((np.abs(steps / a_second - usual) > most).sum())
        for steps in ticks_between(times, starts)
    )


def step_text(usual: float, dated: bool) -> str:
    """A step as a person reads it: `1 day` or `90 s` between dates; numbers have no unit."""
    if not dated:
        return f"{usual:g}"
    for seconds, unit in _UNITS:
        if usual >= seconds and usual % seconds == 0:
            count = int(usual // seconds)
            return f"{count:,} {unit}{'s' if count > 1 else ''}"
    return f"{usual:g} s"


def moment_text(time: Any) -> str:
    """A time, datetime64 or a number, as a person writes it."""
    return written(time) if isinstance(time, np.datetime64) else f"{time:.15g}"


def times_after(times: NDArray[Any], count: int, usual: float | None = None) -> NDArray[Any]:
    """Times of `count` rows behind the last one, at the step of the rows at the end of a series.

    Months are of several lengths, and working days leave the weekend out: where the rows go by
    them, so do the times.

    Args:
        times: Of the rows of one series, in their order.
        usual: The usual step of training, for a series of a single row; between dates in seconds.
    """
    on_calendar = by_calendar(times, count)
    if on_calendar is not None:
        return on_calendar
    last, ahead = times[-LAST_ROWS:], np.arange(1, count + 1)
    if len(last) > 1:
        # One of the steps, since a mean of the two middle ones may be a fraction of a date's unit.
        step = np.sort(np.diff(last))[(len(last) - 1) // 2]
    elif times.dtype.kind == "M":
        unit = np.datetime_data(times.dtype)[0]
        step = np.array(round((usual or 1.0) * ticks_a_second(times)), f"timedelta64[{unit}]")
    else:
        step = usual or 1
    return np.asarray(times[-1] + step * ahead)


def by_calendar(times: NDArray[Any], count: int) -> NDArray[Any] | None:
    """Times of `count` rows behind the last one, where the rows at the end of a series go by
    months or working days; else None."""
    last, ahead = times[-LAST_ROWS:], np.arange(1, count + 1)
    if times.dtype.kind != "M" or len(last) < 2:
        return None
    candidates = (
        rule(last, ahead) for rule in (_month_ends_after, _months_after, _working_days_after)
    )
    return next((one for one in candidates if one is not None), None)


def _months_after(last: NDArray[Any], ahead: Ints) -> NDArray[Any] | None:
    """Times at one moment of every month or of every few; None where the rows are not so."""
    months = last.astype("datetime64[M]")
    within, apart = last - months, np.diff(months.astype(np.int64))
    if (apart <= 0).any() or (apart != apart[0]).any() or (within != within[0]).any():
        return None
    later = months[-1] + apart[0] * ahead
    times = later + within[-1]
    # Not every month has a 30th.
    return None if (times.astype("datetime64[M]") != later).any() else np.asarray(times)


def _month_ends_after(last: NDArray[Any], ahead: Ints) -> NDArray[Any] | None:
    """Times on the last day of every month or of every few; None where the rows are not so."""
    day = np.timedelta64(1, "D")
    following = last + day
    if (following - following.astype("datetime64[M]") >= day).any():
        return None
    next_days = _months_after(following, ahead)
    return None if next_days is None else np.asarray(next_days - day)


def _working_days_after(last: NDArray[Any], ahead: Ints) -> NDArray[Any] | None:
    """Times on the days from Monday to Friday; None where the rows do not leave out weekends."""
    days = last.astype("datetime64[D]")
    within, apart = last - days, np.busday_count(days[:-1], days[1:])
    if not np.is_busday(days).all() or (apart < 1).any() or (within != within[0]).any():
        return None
    weekends = (apart == 1) & (np.diff(days) > np.timedelta64(1, "D"))
    if not weekends.any() or (apart == 1).mean() < USUAL_SHARE:
        return None
    return np.asarray(np.busday_offset(days[-1], ahead) + within[-1])
