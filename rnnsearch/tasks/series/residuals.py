"""What a forecaster's picture of its errors shows: each target of each series, by steps ahead."""

from __future__ import annotations

import numpy as np

from rnnsearch.figures.panels import MOST_PANELS
from rnnsearch.figures.residuals import Errors, Residuals, by_step
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.evaluation import Forecast
from rnnsearch.tasks.series.panels import name_of, shown_part, shown_series

MOST_FORECASTS = 240
"""Forecasts of all shown series together, so that a picture costs little; of more, evenly spread
ones are made."""

LEAST_FORECASTS = 10
"""Forecasts of a shown series, where it has so many."""

MOST_POINTS = 400
"""Forecasts of one row that are drawn along time; of more the first ones."""


def residuals_of(
    data: SeriesData, forecast: Forecast, at_once: int, most: int = MOST_PANELS
) -> Residuals:
    """The errors over `panels.shown_part` of the series and targets that have a panel.

    Forecasts of several rows are shown by how many rows ahead; those of one row along time.

    Args:
        forecast: Of one model.
        at_once: Origins of one call.
        most: How many panels there may be.
    """
    series, targets, more = shown_series(data, most)
    horizon = data.config.horizon
    origins = data.origins(shown_part(data))
    whose = data.series_of(origins)
    shown: list[Errors] = []
    for one in series:
        rows = origins[whose == one]
        rows = rows[:MOST_POINTS] if horizon == 1 else _spread(rows, len(series))
        if not len(rows):
            continue
        errors = _errors(data, one, rows, forecast, at_once)
        shown += [_along(data, one, target, rows, errors[..., target]) for target in targets]
    return Residuals(shown, more)


def _spread(rows: Ints, series: int) -> Ints:
    """At most so many rows that all series together have `MOST_FORECASTS`, evenly spread."""
    most = max(LEAST_FORECASTS, MOST_FORECASTS // series)
    if len(rows) <= most:
        return rows
    return np.asarray(rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)])


def _errors(data: SeriesData, series: int, rows: Ints, forecast: Forecast, at_once: int) -> Floats:
    """Predicted - true in the data's units, [forecasts, horizon, targets]."""
    pieces = []
    for start in range(0, len(rows), at_once):
        some = rows[start : start + at_once]
        (scaled,) = forecast(some)
        predicted = data.in_units(np.array(series), data.config.points(scaled))
        pieces.append(predicted - data.truth(some))
    return np.concatenate(pieces)


def _along(data: SeriesData, series: int, target: int, rows: Ints, errors: Floats) -> Errors:
    """The errors of one target of one series, from those of its forecasts [forecasts, horizon]."""
    name, up = name_of(data, series, target), data.config.targets[target]
    if data.config.horizon == 1:
        along = " ".join(data.config.time_columns) if data.times is not None else "row"
        at = rows - data.starts[series] + 1 if data.times is None else np.asarray(data.times[rows])
        return Errors(name=name, along=along, up=up, at=at, middle=errors[:, 0])
    middle, low, high = by_step(errors)
    at = np.arange(1, data.config.horizon + 1)
    return Errors(
        name=name,
        along="rows ahead",
        up=up,
        at=at,
        middle=middle,
        low=low,
        high=high,
        forecasts=len(errors),
    )
