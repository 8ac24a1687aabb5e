"""What a forecaster's picture shows: each target of each series, its forecast and its interval."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnsearch.figures.panels import MOST_PANELS, Panel
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.intervals import bounds_before, first_scored
from rnnsearch.tasks.series.steps import times_after


def shown_origins(data: SeriesData) -> Ints:
    """The first row of each series' forecast that is shown: where its validation is scored from.

    See `shown_part` for folds. With an interval that row lies behind the rows that calibrate it,
    so that the picture shows the interval that the metrics judge.
    """
    if data.config.interval is not None:
        return np.asarray(first_scored(data, "val"), np.int64)
    part = shown_part(data)
    if part == "train":
        return np.asarray(data.bounds[part][:, 1] - data.config.horizon, np.int64)
    return np.asarray(data.bounds[part][:, 0], np.int64)


def shown_part(data: SeriesData) -> Part:
    """The part whose forecasts are shown: with folds the test part, or where there is none the end
    of the training part."""
    parts: tuple[Part, ...] = ("val", "test", "train")
    return next(part for part in parts if part in data.bounds)


def shown_series(data: SeriesData, most: int = MOST_PANELS) -> tuple[list[int], list[int], str]:
    """The series and the targets that have a panel, and in words how many of all those are.

    Args:
        most: How many panels there may be.
    """
    targets, series = len(data.config.targets), len(data.names)
    some = min(targets, most)
    those = min(series, max(1, most // some))
    more = [
        f"{some} of {targets} targets" if some < targets else "",
        f"{those} of {series:,} series" if those < series else "",
    ]
    return list(range(those)), list(range(some)), ", ".join(filter(None, more))


def panels_of(
    data: SeriesData, series: int, targets: list[int], scaled: Floats, margins: Floats | None
) -> list[Panel]:
    """The panels of one series.

    Args:
        series: Its number among the series.
        targets: The numbers of the targets to draw.
        scaled: Its forecast from `shown_origins` [steps, targets], or its quantiles one axis more.
        margins: By how much intervals grow, of all series; see `evaluation.calibrated`.
    """
    config = data.config
    row, end = int(shown_origins(data)[series]), int(data.starts[series + 1])
    lo = int(data.starts[series])
    first, until = max(row - config.context, lo), min(row + len(scaled), end)
    along, times = _times(data, series)
    later = times[row - lo : row - lo + len(scaled)]
    if len(later) < len(scaled):
        later = np.concatenate([later, times_after(times, len(scaled) - len(later))])
    predicted = data.in_units(np.array(series), config.points(scaled))
    low, high, band = _band(data, series, scaled, margins)
    panels = []
    for target in targets:
        panels.append(
            Panel(
                name=name_of(data, series, target),
                along=along,
                up=config.targets[target],
                time=times[first - lo : until - lo],
                truth=data.values[first:until, target],
                warmup=np.arange(first, until) < row,
                prediction_time=later,
                prediction=predicted[:, target],
                low=None if low is None else low[:, target],
                high=None if high is None else high[:, target],
                band=band,
                scored=(config.horizon,) if len(scaled) > config.horizon > 1 else (),
            )
        )
    return panels


def name_of(data: SeriesData, series: int, target: int) -> str:
    """Which target of which series a panel shows; empty where there is one of each."""
    config = data.config
    whose = f"{config.id} {data.names[series]}" if config.id else ""
    names = (config.targets[target] if len(config.targets) > 1 else "", whose)
    return ", ".join(filter(None, names))


def _band(
    data: SeriesData, series: int, scaled: Floats, margins: Floats | None
) -> tuple[Floats | None, Floats | None, str]:
    """Lower and upper ends in the data's units [steps, targets], and what they are in words."""
    config = data.config
    if margins is None and not config.quantiles:
        return None, None, ""
    if margins is None:
        low, high = scaled[..., 0], scaled[..., -1]
        band = f"quantiles {config.quantiles[0]:g} to {config.quantiles[-1]:g}"
    else:
        low, high = bounds_before(config, scaled)
        # No margin is known further ahead than the horizon, where no errors were measured.
        room = np.full((len(scaled), scaled.shape[1]), np.nan)
        known = min(len(scaled), config.horizon)
        room[:known] = margins[series, :known]
        low, high = low - room, high + room
        band = f"interval of {config.interval:.0%}"
    whose = np.array(series)
    return data.in_units(whose, low), data.in_units(whose, high), band


def _times(data: SeriesData, series: int) -> tuple[str, NDArray[Any]]:
    """The label of a series' axis of time, and the dates or numbers of its rows.

    Rows of a table without a time column are counted from 1.
    """
    lo, hi = (int(row) for row in data.starts[series : series + 2])
    if data.times is None:
        return "row", np.arange(1.0, hi - lo + 1)
    return " ".join(data.config.time_columns), np.asarray(data.times[lo:hi])
