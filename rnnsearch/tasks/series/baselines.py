"""Rivals of a recurrent model on a table: the last value, the season before, and linear maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part, Score
from rnnsearch.tasks.custom_metrics import RivalMeasure
from rnnsearch.tasks.linear_ar import LinearAR
from rnnsearch.tasks.series.evaluation import scored
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.series.transforms import fill_forward

Scaled = NDArray[np.float32]
Forecast = Callable[[Ints], Floats]

PIECE = 1024
"""How many forecasts of a rival are made and scored at once."""

RESIDUALS = 2000
"""From how many errors of a series at most the quantiles of a rival are taken."""

FITTED_CELLS = 20_000_000
"""Numbers that a least-squares fit reads at most; windows of a longer series are thinned evenly."""


def baselines_of(data: PreparedSeries, rows: int, before: int) -> list[Score]:
    """Every rival for which the training part is long enough, scored as a model is.

    Args:
        rows: Of the shortest series of the training part; of a fold's, of all folds.
        before: Rows that come before the first scored forecast of every series, at least.
    """
    targets = _filled(data)
    horizon, context = data.config.horizon, data.config.context
    last = _score(
        data, "persistence", "repeats the last row", lambda at: _last(targets, at, horizon), 1
    )
    scores = [last]
    period = data.config.period
    if 1 < period <= before:
        scores.append(
            _score(
                data,
                f"season({period})",
                f"repeats the values {period} rows before",
                lambda at: _season(targets, at, horizon, period),
                period,
            )
        )
    lags = max(1, min(context, (rows - horizon) // 2))
    fitted = _linear(data, targets, lags)
    name = f"AR({lags})" if horizon == 1 else f"linear({lags})"
    note = f"least squares on {lags} rows before, one map for all targets, in the training part"
    linear = _score(data, name, note, lambda at: _applied(targets, at, fitted), lags)
    return [*scores, linear]


def _filled(data: PreparedSeries) -> Scaled:
    """Scaled targets [rows, targets]; empty cells take the value before, or the mean."""
    count = len(data.config.targets)
    if data.config.missing != "mask":
        return data.scaled[:, :count]
    filled = data.scaled[:, :count].copy()
    filled[np.isnan(data.values[:, :count])] = np.nan
    fill_forward(filled, data.starts)
    return np.nan_to_num(filled, copy=False)


def _last(targets: Scaled, origins: Ints, horizon: int) -> Floats:
    """The last known row over the whole horizon, [origins, horizon, targets]."""
    last = targets[origins - 1].astype(np.float64)
    return np.repeat(last[:, None], horizon, axis=1)


def _season(targets: Scaled, origins: Ints, horizon: int, period: int) -> Floats:
    """The rows of the last season, repeated over the horizon, [origins, horizon, targets]."""
    rows = targets[origins[:, None] - period + np.arange(horizon) % period]
    return np.asarray(rows.astype(np.float64))


def _linear(data: PreparedSeries, targets: Scaled, lags: int) -> LinearAR:
    """A map by least squares from `lags` rows and a constant to the whole horizon.

    `lags` are the context, but half the training part at most.
    It is one map for all targets and reads each target by itself: on scaled columns that errs less
    than a map for each.
    """
    horizon = data.config.horizon
    origins = np.concatenate(
        [np.arange(lo + lags, hi - horizon + 1) for lo, hi in data.bounds["train"]]
    )
    step = -(-len(origins) * (lags + horizon) * targets.shape[1] // FITTED_CELLS)
    origins = origins[:: max(step, 1)]
    pieces = (
        (_windows(column, at, lags), column[at[:, None] + np.arange(horizon)])
        for column in targets.T
        for at in np.split(origins, range(4 * PIECE, len(origins), 4 * PIECE))
    )
    return LinearAR.fit_pieces(pieces, lags)


def _windows(column: Scaled, origins: Ints, lags: int) -> Floats:
    """The rows of one column before each origin, [origins, lags, 1]."""
    rows: Floats = column[origins[:, None] + np.arange(-lags, 0)].astype(np.float64)
    return rows[..., None]


def _applied(targets: Scaled, origins: Ints, linear: LinearAR) -> Floats:
    """The forecasts of a linear map, [origins, horizon, targets]."""
    forecasts = [linear(_windows(column, origins, linear.order)) for column in targets.T]
    return np.stack(forecasts, axis=2)


def _score(data: PreparedSeries, name: str, note: str, forecast: Forecast, lead: int) -> Score:
    """The metrics of a rival on the validation and the test part.

    Args:
        forecast: From origins to scaled forecasts [origins, horizon, targets].
        lead: Rows that the rival reads before its forecast.
    """
    spread = _residuals(data, forecast, lead) if data.config.quantiles else None

    def forecasts(at: Ints) -> list[Floats]:
        metrics = forecast(at)
        if spread is None:
            return [metrics]
        return [np.sort(metrics[..., None] + spread[data.series_of(at)], axis=-1)]

    parts: list[Part] = ["val", "test"]
    measure = RivalMeasure(data.config.metrics)
    metrics: dict[str, float] = {}
    for part in parts:
        if part in data.bounds:
            metrics |= scored(data, part, forecasts, 1, PIECE, measure)[0]
    return Score(name, metrics, measure.note(note))


def _residuals(data: PreparedSeries, forecast: Forecast, lead: int) -> Floats:
    """What the quantiles of a rival add to its forecast, [series, horizon, targets, quantiles].

    These are quantiles of its errors in the training part, or of a series that a fold holds out
    the mean of those of the others. Nothing is added at 0.5, so that its forecast is the same as
    without quantiles.
    """
    horizon, targets = data.config.horizon, len(data.config.targets)
    levels = data.config.quantiles
    residuals = np.zeros((len(data.names), horizon, targets, len(levels)))
    trained = np.diff(data.bounds["train"], axis=1)[:, 0] > 0
    for number, (lo, hi) in enumerate(data.bounds["train"].tolist()):
        if not trained[number]:
            continue
        origins = np.arange(lo + lead, hi - horizon + 1)
        at = origins[:: -(-len(origins) // RESIDUALS)]
        series = data.series_of(at)[:, None]
        error = data.as_read(series, data.truth(at)) - forecast(at)
        # A step of the horizon without any known error counts as without error.
        error[:, np.isnan(error).all(axis=0)] = 0.0
        residuals[number] = np.moveaxis(np.nanquantile(error, levels, axis=0), 0, -1)
    residuals[~trained] = residuals[trained].mean(axis=0)
    residuals[..., levels.index(0.5)] = 0.0
    return residuals
