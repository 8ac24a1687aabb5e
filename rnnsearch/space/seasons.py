"""How far the rows of a table lie apart, and how many of them make a season."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnsearch.tasks.series.steps import ticks, ticks_a_second

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DAY = 86400
_STEPS = (
    *((1, 1, "second"), (60, 60, "minute"), (900, 900, "quarter of an hour")),
    *((3600, 3600, "hour"), (_DAY, _DAY, "day"), (7 * _DAY, 7 * _DAY, "week")),
    *((28 * _DAY, 31 * _DAY, "month"), (89 * _DAY, 92 * _DAY, "quarter")),
    (365 * _DAY, 366 * _DAY, "year"),
)
"""Units of time: the least and the most seconds that a person calls one of them."""

LONGEST_PERIOD = 2000
"""Rows of the longest season that is looked for."""
MOST_ROWS = 100_000
"""A season is looked for in the last rows of the training part, at most so many."""


def season(values: NDArray[np.float64], calendar: Sequence[int] = ()) -> tuple[int, float]:
    """Find how many rows make a season, and the autocorrelation at that lag.

    First the seasons of the calendar, the shortest that stands out among the changes from row to
    row (a slow drift hides a day's wave, and changes are free of it). Else the highest peak of the
    autocorrelation itself, of the series without its straight trend, after the lag at which it has
    fallen; where one peak is almost as high, the shorter season counts.

    Args:
        values: The numbers of one series in the order of their times; NaN where unknown.
        calendar: Seasons in rows that the time between two rows suggests, the shortest first.

    Returns:
        (1, 0.0) where nothing stands out, or fewer than three seasons fit.
    """
    known = np.isfinite(values)
    if known.sum() < 12:
        return 1, 0.0
    at = np.arange(len(values))[-MOST_ROWS:]
    filled = np.interp(at, np.flatnonzero(known), values[known])
    noise = 4 / np.sqrt(len(filled))
    changes = _autocorrelation(np.diff(filled))
    for period in calendar:
        if period + 1 < len(changes) // 3 and changes[period] >= max(0.1, noise):
            around = changes[max(period - 1, 1) : period + 2]
            if changes[period] == around.max():
                return period, float(changes[period])
    whole = _autocorrelation(filled - np.polyval(np.polyfit(at, filled, 1), at))
    inner = whole[1 : min(len(whole) // 3, LONGEST_PERIOD)]
    peaks = np.flatnonzero((inner[1:-1] > inner[:-2]) & (inner[1:-1] >= inner[2:])) + 2
    fallen = np.flatnonzero(inner < 0.2)
    peaks = peaks[peaks > (fallen[0] + 1 if len(fallen) else len(whole))]
    if len(peaks) == 0 or whole[peaks].max() < max(0.3, noise):
        return 1, 0.0
    period = int(peaks[whole[peaks] >= 0.9 * whole[peaks].max()][0])
    return period, float(whole[period])


def _autocorrelation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The autocorrelation by lag, each over its own number of pairs; zeros for a constant."""
    rest = values - values.mean()
    count = len(rest)
    covariance = np.fft.irfft(np.abs(np.fft.rfft(rest, 2 * count)) ** 2)[:count]
    if covariance[0] <= 1e-12 * max(float(np.square(values).sum()), 1e-300):
        return np.zeros(count)
    return np.asarray(covariance / covariance[0] * count / np.arange(count, 0, -1), np.float64)


def usual_step(times: NDArray[Any] | None) -> float:
    """The median time between two rows, in seconds where times are dates; 0 where there is none."""
    if times is None or len(times) < 2:
        return 0.0
    steps = np.diff(ticks(times))
    return float(np.median(steps[steps > 0])) / ticks_a_second(times) if (steps > 0).any() else 0.0


def calendar(times: NDArray[Any] | None) -> list[int]:
    """Seasons in rows that such times may have: the minutes of an hour, the hours of a day.

    Empty where the times are no dates.
    """
    if times is None or times.dtype.kind != "M" or not (usual := usual_step(times)):
        return []
    spans = (60, 3600, _DAY, 7 * _DAY) if usual < 27 * _DAY else (365.25 * _DAY,)
    return [round(span / usual) for span in spans if 3 < span / usual <= LONGEST_PERIOD]


def step_in_words(times: NDArray[Any] | None) -> str:
    """The usual time between two rows as a person says it, such as `one hour`."""
    if times is None:
        return "a row"
    usual = usual_step(times)
    if times.dtype.kind != "M":
        return f"{usual:g}"
    words = (f"one {word}" for least, most, word in _STEPS if least <= usual <= most)
    return next(words, f"{usual:g} s")
