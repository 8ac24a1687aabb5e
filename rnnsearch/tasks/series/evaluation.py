"""The forecasts of a part, scored: intervals calibrated first, rolling windows each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.custom_metrics import Measure
from rnnsearch.tasks.series.intervals import Calibration, calibrating
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.series.scores import SPREADS, Scorer

Forecast = Callable[[Ints], Sequence[Floats]]
"""From origins (the first rows to predict) [B] to scaled forecasts of each model,
[B, horizon, targets], or with quantiles [B, horizon, targets, quantiles]."""


def scored(
    data: PreparedSeries,
    part: Part,
    forecast: Forecast,
    models: int,
    at_once: int,
    measure: Measure | None = None,
) -> list[dict[str, float]]:
    """Metrics of each model over a part, under full names.

    Args:
        models: How many forecasts each call of `forecast` gives.
        at_once: Origins of one call.
        measure: Gives custom metrics of a model's forecasts; None gives none.
    """
    margins: list[Floats | None] = [None] * models
    if part != "train":
        margins = calibrated(data, part, forecast, models, at_once)
    windows = data.windows(part)
    scorers = [
        [Scorer(data, part, origins, margin, measure) for margin in margins] for origins in windows
    ]
    for origins, of_window in zip(windows, scorers, strict=True):
        for at in _pieces(origins, at_once):
            for scorer, forecasts in zip(of_window, forecast(at), strict=True):
                scorer.add(at, forecasts)
    by_model = zip(*scorers, strict=True)
    if part != "val" or not data.config.validation.windows:
        return [only.metrics() for (only,) in by_model]
    return [_over_windows([scorer.metrics() for scorer in windows]) for windows in by_model]


def calibrated(
    data: PreparedSeries, part: Part, forecast: Forecast, models: int, at_once: int
) -> list[Floats | None]:
    """By how much the intervals of each model must grow on both sides; arguments as for `scored`.

    Returns:
        Of each model, margins in scaled units [series, horizon, targets]; None where the task asks
        for no interval.
    """
    if data.config.interval is None:
        return [None] * models
    calibrations = [Calibration(data) for _ in range(models)]
    for at in _pieces(calibrating(data, part), at_once):
        for calibration, forecasts in zip(calibrations, forecast(at), strict=True):
            calibration.add(at, forecasts)
    return [calibration.margins() for calibration in calibrations]


def _pieces(origins: Ints, at_once: int) -> Iterator[Ints]:
    """The origins in their order, at most `at_once` at a time."""
    for start in range(0, len(origins), at_once):
        yield origins[start : start + at_once]


def _over_windows(windows: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean of each metric over the windows, and the standard deviations of `SPREADS`."""
    names = [name for name in windows[0] if all(name in one for one in windows)]
    means = {name: float(np.mean([one[name] for one in windows])) for name in names}
    with np.errstate(over="ignore", invalid="ignore"):
        spreads = {
            f"val_{name}_spread": float(np.std([one[f"val_{name}"] for one in windows], ddof=1))
            for name in SPREADS
        }
    return means | spreads
