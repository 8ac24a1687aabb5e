"""What a forecaster's picture shows: each target of each series, its forecast and its interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.figures.panels import MOST_PANELS, Panel
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.intervals import Calibration, bounds_before, calibrating, first_scored

Forecast = Callable[[Ints], Floats]
"""From origins [B] to scaled forecasts [B, horizon, targets], or with quantiles one axis more,
of one model."""

CALIBRATED_AT_ONCE = 64
MONTH_ROWS = 24
"""Rows at the end of a series that tell whether it goes by months."""


def shown_origins(data: SeriesData) -> Ints:
    """The first row of each series' forecast that is shown: where its validation is scored from.

    With an interval that is behind the rows that calibrate it, so that it is what its metrics say.
    """
    if data.config.interval is not None:
        return np.asarray(first_scored(data, "val"), np.int64)
    return np.asarray(data.bounds["val"][:, 0], np.int64)


def shown_series(data: SeriesData) -> tuple[list[int], list[int], str]:
    """The series and the targets that have a panel, and in words what has none."""
    targets, series = len(data.config.targets), len(data.names)
    some = min(targets, MOST_PANELS)
    those = min(series, max(1, MOST_PANELS // some))
    more = [
        f"{some} of {targets} targets" if some < targets else "",
        f"{those} of {series:,} series" if those < series else "",
    ]
    return list(range(those)), list(range(some)), ", ".join(filter(None, more))


def margins(data: SeriesData, forecast: Forecast) -> Floats | None:
    """By how much intervals grow, scaled [series, horizon, targets]; None without a level."""
    if data.config.interval is None:
        return None
    calibration = Calibration(data)
    origins = calibrating(data, "val")
    for start in range(0, len(origins), CALIBRATED_AT_ONCE):
        some = origins[start : start + CALIBRATED_AT_ONCE]
        calibration.add(some, forecast(some))
    return calibration.margins()


def panels_of(
    data: SeriesData, series: int, targets: list[int], scaled: Floats, grown: Floats | None
) -> list[Panel]:
    """The panels of one series.

    Args:
        targets: Which.
        scaled: Its forecast from `shown_origins` [steps, targets], or its quantiles one axis more.
        grown: What `margins` gave.
    """
    config = data.config
    row, end = int(shown_origins(data)[series]), int(data.starts[series + 1])
    first = max(row - config.context, int(data.starts[series]))
    steps = len(scaled)
    until = min(row + steps, end)
    along, times = _times(data, series)
    lo = int(data.starts[series])
    fed = times[first - lo : until - lo]
    later = times[row - lo : row - lo + steps]
    if len(later) < steps:
        later = np.concatenate([later, _after(times, steps - len(later))])
    points = scaled[..., config.quantiles.index(0.5)] if config.quantiles else scaled
    predicted = data.in_units(np.array(series), points)
    low, high, band = _band(data, series, scaled, grown)
    found = []
    for target in targets:
        one = f"{config.id} {data.names[series]}" if config.id else ""
        names = (config.targets[target] if len(config.targets) > 1 else "", one)
        found.append(
            Panel(
                name=", ".join(filter(None, names)),
                along=along,
                up=config.targets[target],
                time=fed,
                truth=data.values[first:until, target],
                warmup=np.arange(first, until) < row,
                prediction_time=later,
                prediction=predicted[:, target],
                low=None if low is None else low[:, target],
                high=None if high is None else high[:, target],
                band=band,
            )
        )
    return found


def _band(
    data: SeriesData, series: int, scaled: Floats, grown: Floats | None
) -> tuple[Floats | None, Floats | None, str]:
    """Lower and upper ends in the data's units [steps, targets], and what they are."""
    config = data.config
    if grown is None and not config.quantiles:
        return None, None, ""
    if grown is None:
        low, high = scaled[..., 0], scaled[..., -1]
        band = f"quantiles {config.quantiles[0]:g} to {config.quantiles[-1]:g}"
    else:
        low, high = bounds_before(config, scaled)
        # Errors further ahead than the horizon were never measured.
        room = np.full((len(scaled), scaled.shape[1]), np.nan)
        known = min(len(scaled), config.horizon)
        room[:known] = grown[series, :known]
        low, high = low - room, high + room
        band = f"interval of {config.interval:.0%}"
    whose = np.array(series)
    return data.in_units(whose, low), data.in_units(whose, high), band


def _times(data: SeriesData, series: int) -> tuple[str, NDArray[Any]]:
    """What a series is counted by, and its rows' dates or numbers; without, its rows from 1."""
    lo, hi = (int(row) for row in data.starts[series : series + 2])
    if data.times is None:
        return "row", np.arange(1.0, hi - lo + 1)
    times = np.asarray(data.times[lo:hi])
    if data.dated and times.dtype.kind == "f":
        times = times.astype(np.int64).astype("datetime64[s]")
    name = data.config.time
    return name if isinstance(name, str) else " ".join(name or ("time",)), times


def _after(times: NDArray[Any], count: int) -> NDArray[Any]:
    """Times of rows behind the last: by its usual step, by the calendar where that is months."""
    if len(times) < 2:
        return times[-1:] + np.arange(1, count + 1)
    last = times[-MONTH_ROWS:]
    if times.dtype.kind == "M":
        months = last.astype("datetime64[M]")
        within, apart = last - months, np.diff(months.astype(np.int64))
        if (apart > 0).all() and (apart == apart[0]).all() and (within == within[0]).all():
            ahead = months[-1] + apart[0] * np.arange(1, count + 1)
            return np.asarray(ahead + within[-1])
    # The median of steps of dates would be a fraction of their unit.
    step = np.sort(np.diff(last))[(len(last) - 1) // 2]
    return np.asarray(times[-1] + step * np.arange(1, count + 1))
