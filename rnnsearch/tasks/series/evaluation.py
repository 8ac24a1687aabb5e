"""The forecasts of a part, scored: intervals calibrated first, rolling windows each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Part
from rnnsearch.tasks.series.intervals import Calibration, calibrating
from rnnsearch.tasks.series.prepared import PreparedSeries
from rnnsearch.tasks.series.scores import SPREADS, Scorer

Forecast = Callable[[Ints], Sequence[Floats]]
"""From origins [B] to scaled forecasts of each model, [B, horizon, targets], or with quantiles
[B, horizon, targets, quantiles]."""


def scored(
    data: PreparedSeries, part: Part, forecast: Forecast, models: int, at_once: int
) -> list[dict[str, float]]:
    """Metrics of each model over a part, under full names.

    Args:
        at_once: Origins of one call.
    """
    margins: list[Floats | None] = [None] * models
    if data.config.interval is not None and part != "train":
        calibrations = [Calibration(data) for _ in range(models)]
        for at in _pieces(calibrating(data, part), at_once):
            for calibration, found in zip(calibrations, forecast(at), strict=True):
                calibration.add(at, found)
        margins = [calibration.margins() for calibration in calibrations]
    windows = data.windows(part)
    scorers = [[Scorer(data, part, margin) for margin in margins] for _ in windows]
    for origins, own in zip(windows, scorers, strict=True):
        for at in _pieces(origins, at_once):
            for scorer, found in zip(own, forecast(at), strict=True):
                scorer.add(at, found)
    each = zip(*scorers, strict=True)
    if part != "val" or not data.config.validation.windows:
        return [only.metrics() for (only,) in each]
    return [_over_windows([scorer.metrics() for scorer in own]) for own in each]


def _pieces(origins: Ints, at_once: int) -> Iterator[Ints]:
    for start in range(0, len(origins), at_once):
        yield origins[start : start + at_once]


def _over_windows(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """The means over the windows, and after them the standard deviations of some."""
    means = {name: float(np.mean([one[name] for one in found])) for name in found[0]}
    with np.errstate(over="ignore", invalid="ignore"):
        spreads = {
            f"val_{name}_spread": float(np.std([one[f"val_{name}"] for one in found], ddof=1))
            for name in SPREADS
        }
    return means | spreads
