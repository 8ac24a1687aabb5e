"""Where a moment lies in the cycles of the calendar, as points on circles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats

_HOUR, _DAY = 3600, 86_400


def _of_day(seconds: NDArray[np.int64]) -> Floats:
    return np.asarray(seconds % _DAY / _DAY)


def _of_hour(seconds: NDArray[np.int64]) -> Floats:
    return np.asarray(seconds % _HOUR / _HOUR)


def _weekday(seconds: NDArray[np.int64]) -> Floats:
    return np.asarray((seconds // _DAY + 3) % 7 / 7)  # 1970 began on a Thursday


def _month(seconds: NDArray[np.int64]) -> Floats:
    months = seconds.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(months % 12 / 12)


def _day_since(seconds: NDArray[np.int64], unit: str, days: float) -> Floats:
    day = seconds.astype("datetime64[s]").astype("datetime64[D]")
    first = day.astype(f"datetime64[{unit}]").astype("datetime64[D]")
    return np.asarray((day - first).astype(np.int64) / days)


CYCLES: dict[str, Callable[[NDArray[np.int64]], Floats]] = {
    "minute": _of_hour,
    "hour": _of_day,
    "weekday": _weekday,
    "monthday": lambda seconds: _day_since(seconds, "M", 31),
    "yearday": lambda seconds: _day_since(seconds, "Y", 366),
    "month": _month,
}
"""By the names that `task.calendar` takes, which share of a cycle has passed at some seconds since
1970: of an hour and of a day with their fractions, of a week, a month and a year in whole days, and
of a year in whole months."""

FORMULAS = {
    "minute": "(60 * minute + second) / 3600",
    "hour": "(3600 * hour + 60 * minute + second) / 86400",
    "weekday": "weekday / 7",
    "monthday": "(day - 1) / 31",
    "yearday": "(yearday - 1) / 366",
    "month": "(month - 1) / 12",
}
"""The same in words, of the whole numbers on a clock and a calendar; Monday is weekday 0, and the
first of January yearday 1."""


def calendar_inputs(names: Sequence[str], times: NDArray[Any]) -> NDArray[np.float32]:
    """The sine and the cosine of each cycle at some times.

    A cycle has no seam: the last hour of a day is as near to the first one of the next as any two
    hours are.

    Args:
        names: Of `CYCLES`.
        times: Datetime64 [rows].

    Returns:
        [rows, 2 * names].
    """
    seconds = times.astype("datetime64[s]").astype(np.int64)
    inputs = np.empty((len(times), 2 * len(names)), np.float32)
    for at, name in enumerate(names):
        angle = 2 * np.pi * CYCLES[name](seconds)
        inputs[:, 2 * at], inputs[:, 2 * at + 1] = np.sin(angle), np.cos(angle)
    return inputs
