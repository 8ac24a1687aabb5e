"""The usual step between the rows of a series, and the steps that differ from it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats, Ints

AT_ONCE = 1 << 20
"""Rows whose differences are taken at a time."""

MOST_STEPS = 1_000_000
"""Steps between rows of which the median is taken."""

MOST_ODD = 0.05
"""The share of odd steps up to which a series counts as regular; that of working days does not."""


def ticks(times: NDArray[Any]) -> NDArray[Any]:
    """Times as numbers that can be subtracted: those of dates in their own unit."""
    return times.view(np.int64) if times.dtype.kind == "M" else times


def ticks_a_second(times: NDArray[Any]) -> float:
    """How many of `ticks` make a second of dates; 1 of numbers."""
    if times.dtype.kind != "M":
        return 1.0
    return {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[np.datetime_data(times.dtype)[0]]


def between(times: NDArray[Any]) -> Floats:
    """The steps from each time to the next, in seconds of dates."""
    return np.asarray(np.diff(ticks(times)) / ticks_a_second(times))


def usual_step(times: NDArray[Any], starts: Ints) -> float | None:
    """The median step between rows that follow each other in a series; None where none does.

    Args:
        times: Of all series, one after the other [rows]; dates or numbers.
        starts: The first row of each series, and the number of rows.
    """
    lasts, at = starts[1:-1] - 1, ticks(times)
    # The median of some steps, evenly spread, tells the usual one.
    some = np.setdiff1d(np.arange(0, len(times) - 1, len(times) // MOST_STEPS + 1), lasts)
    if not len(some):
        return None
    return float(np.median(at[some + 1] - at[some])) / ticks_a_second(times)


def regular_step(times: NDArray[Any], starts: Ints, dated: bool) -> float | None:
    """The usual step where nearly all steps are equal, so that others are worth a word later."""
    usual = usual_step(times, starts)
    if usual is None or odd_steps(times, starts, usual, dated) > MOST_ODD * len(times):
        return None
    return usual


def slack(usual: float, dated: bool) -> float:
    """By how much a step may differ from the usual one: months and years are of several lengths."""
    return usual * (0.12 if dated and usual >= 27 * 86400 else 1e-3)


def odd_steps(times: NDArray[Any], starts: Ints, usual: float, dated: bool) -> int:
    """How many steps within a series are not the usual one; arguments as above."""
    lasts, most, odd = starts[1:-1] - 1, slack(usual, dated), 0
    for start in range(0, len(times) - 1, AT_ONCE):
        steps = between(times[start : start + AT_ONCE + 1])
        here = lasts - start
        steps[here[(here >= 0) & (here < len(steps))]] = usual
        odd += int((np.abs(steps - usual) > most).sum())
    return odd


def step_said(usual: float, dated: bool) -> str:
    """A step as a person reads it."""
    return f"{usual:g} s" if dated else f"{usual:g}"


def moment_said(time: Any) -> str:
    """A time, datetime64 or a number, as a person writes it."""
    if not isinstance(time, np.datetime64):
        return f"{time:.15g}"
    text = str(time).replace("T", " ")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.removesuffix(" 00:00:00").removesuffix(":00")
