"""Conformal intervals: how far around a forecast the truth lies, by the errors of the past.

Without quantiles by split conformal prediction (Lei et al., Distribution-free predictive inference
for regression, 2018), with them by conformalised quantile regression (Romano, Patterson and
Candes, 2019). Their promise holds where errors are exchangeable, which those of a series are not
quite; so what is reported is the coverage that was reached.

The test part is scored with the errors of the whole validation part, which ends before it. A
validation figure is calibrated on the forecasts of the validation part that end before the first
one that it scores: those of its first half, or before its rolling windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise, product
from math import ceil
from typing import Any

import numpy as np

from rnnsearch.errors import DataError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import CALIBRATION, Part
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.prepared import PreparedSeries

MOST_ERRORS = 500
"""Forecasts of a series that calibrate, spread evenly over those that could; bounds the memory."""

FEW_ERRORS = 50
"""Forecasts that calibrate each of very many series, unless the interval needs more."""

MOST_CELLS = 500_000
"""Errors of one model that are kept, all series together, unless `FEW_ERRORS` of each are more."""


def first_scored(data: PreparedSeries, part: Part) -> Ints:
    """The first row of each series from which on a part's intervals are scored; [series]."""
    lo, hi = data.bounds[part].T
    if part != "val":
        return np.asarray(lo)
    if not data.config.validation.windows:
        return np.asarray((lo + hi) // 2)
    return data.windows("val")[0]


def calibrating(data: PreparedSeries, part: Part) -> Ints:
    """Origins of the forecasts whose errors decide how wide the intervals of a part are.

    Returns:
        First rows to predict, of all series one after the other; int64 [origins].
    """
    config = data.config
    ends = first_scored(data, part) if part == "val" else data.bounds["val"][:, 1]
    share = MOST_CELLS // (len(data.names) * config.horizon * len(config.targets))
    most = min(MOST_ERRORS, max(share, FEW_ERRORS, _needed(config)))
    chosen = []
    for (lo, _), end in zip(data.bounds["val"].tolist(), ends.tolist(), strict=True):
        origins = np.arange(lo, end - config.horizon + 1, config.stride)
        if len(origins) > most:
            origins = origins[np.linspace(0, len(origins) - 1, most).astype(np.int64)]
        chosen.append(origins)
    return np.concatenate(chosen).astype(np.int64)


def _needed(config: SeriesConfig) -> int:
    """The least number of errors from which an interval of the asked level can be calibrated."""
    assert config.interval is not None
    return ceil(config.interval / (1 - config.interval) - 1e-9)


def check_calibration(data: PreparedSeries) -> None:
    """Refuse a validation part with too few forecasts to calibrate on.

    Raises:
        DataError: With the number that it needs.
    """
    level = data.config.interval
    if level is None:
        return
    needed = _needed(data.config)
    counts = np.bincount(data.series_of(calibrating(data, "val")), minlength=len(data.names))
    short = int(np.argmin(counts))
    if counts[short] < needed:
        whose = f" of the series {data.names[short]!r}" if data.names[short] else ""
        raise DataError(
            f"an interval of {level:g} is calibrated on at least {needed} forecasts of the "
            f"validation part{whose} that end before those it is scored on, not {counts[short]}: "
            "give a larger task.split.val, or a smaller task.interval, task.horizon or "
            "task.stride.",
            "task.interval",
        )


def edges(config: SeriesConfig) -> tuple[int, int]:
    """Places of the quantiles at both ends of the interval among `task.quantiles`."""
    assert config.interval is not None
    ends = (1 - config.interval) / 2, (1 + config.interval) / 2
    low, high = (int(np.argmin(np.abs(np.array(config.quantiles) - end))) for end in ends)
    return low, high


def bounds_before(config: SeriesConfig, scaled: Floats) -> tuple[Floats, Floats]:
    """Lower and upper bounds before calibration, [B, horizon, targets] each.

    Args:
        scaled: Forecasts [B, horizon, targets], or their quantiles [..., quantiles].
    """
    if not config.quantiles:
        return scaled, scaled
    low, high = edges(config)
    return scaled[..., low], scaled[..., high]


def beside_names(manifest: Mapping[str, Any]) -> list[str]:
    """The columns of a forecast beside its targets: quantiles but the median, ends of intervals.

    Args:
        manifest: Of the model.
    """
    config = SeriesConfig.remembered(manifest)
    ends = [f"q{one:g}" for one in config.quantiles if one != 0.5]
    ends += ["low", "high"] if CALIBRATION in manifest else []
    taken = {config.id, "step", *config.time_columns, *config.targets}
    names = [f"{target}_{end}" for target, end in product(config.targets, ends)]
    return [name + "_" * (name in taken) for name in names]


class Calibration:
    """Collects the errors of one model's forecasts for the margins by which its intervals grow.

    An error is how far the truth lies outside of the bounds before calibration, in scaled units;
    below 0 where it lies within.
    """

    def __init__(self, data: PreparedSeries) -> None:
        self._data = data
        self._origins: list[Ints] = []
        self._errors: list[Floats] = []

    def add(self, origins: Ints, scaled: Floats) -> None:
        """Take in the errors of some forecasts.

        Args:
            origins: First rows that are predicted, [B].
            scaled: Forecasts [B, horizon, targets], or with quantiles one axis more.
        """
        data = self._data
        truth = data.as_read(data.series_of(origins)[:, None], data.truth(origins))
        low, high = bounds_before(data.config, scaled)
        with np.errstate(over="ignore", invalid="ignore"):
            self._errors.append(np.maximum(low - truth, truth - high))
        self._origins.append(origins)

    def margins(self) -> Floats:
        """By how much intervals grow on both sides, each step and target by itself.

        Of n errors in ascending order the margin is the ceil((n + 1) * level)-th, by which a
        coverage of at least `level` is promised. Where empty cells leave too few errors it is the
        largest one; where they leave none, the largest margin of the target's other steps.

        Returns:
            In scaled units, [series, horizon, targets].
        """
        data = self._data
        assert data.config.interval is not None
        series = data.series_of(np.concatenate(self._origins))
        errors = np.concatenate(self._errors)
        order = np.argsort(series, kind="stable")
        cuts = np.searchsorted(series[order], np.arange(len(data.names) + 1))
        margins = np.empty((len(data.names), *errors.shape[1:]))
        for at, (lo, hi) in enumerate(pairwise(cuts.tolist())):
            ascending = np.sort(errors[order[lo:hi]], axis=0)  # NaN last
            known = np.isfinite(ascending).sum(axis=0)
            rank = np.ceil((known + 1) * data.config.interval - 1e-9).astype(np.int64)
            rank = np.clip(np.minimum(rank, known) - 1, 0, None)
            own = np.take_along_axis(ascending, rank[None], axis=0)[0]
            widest = np.where(known > 0, own, -np.inf).max(axis=0)
            margins[at] = np.where(known > 0, own, widest)
        return margins
