"""Errors of forecasts in the data's units: the same for models and baselines; numpy alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rnnsearch.tasks.answers import Answers, kept, thinned
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import Metric, Part
from rnnsearch.tasks.custom_metrics import Measure, custom_metrics
from rnnsearch.tasks.series.intervals import bounds_before, first_scored
from rnnsearch.tasks.series.prepared import PreparedSeries

VALID_UP_TO = 0.4
"""Error in standard deviations of the training part up to which a step counts as valid."""

SPREADS = ("mae", "rmse", "scaled_mse")
"""Measures whose standard deviation over the windows of a rolling validation is reported."""

MOST_EACH = 20
"""Series or targets whose own errors are reported beside the pooled ones."""


def season_error(column: Floats, period: int) -> float:
    """The mean absolute change of a column over a season, by which MASE divides.

    The change over one row is taken where a season changes nothing or is longer than the column.
    Source: Hyndman and Koehler, Another look at measures of forecast accuracy, 2006.

    Args:
        column: Values in the data's units [rows], NaN where a cell is empty.
        period: Rows of a season.
    """
    error = 0.0
    for rows in (period, 1):
        if rows < len(column) and not error > 0:
            change = column[rows:] - column[:-rows]
            np.abs(change, out=change)
            known = int(np.isfinite(change).sum())
            error = float(np.nansum(change)) / max(known, 1)
    return error


class Scorer:
    """Adds up the errors of one model's forecasts of a part, for the metrics over all of them.

    Forecasts come in any number of pieces, each once. Cells that were empty do not count.

    Args:
        origins: The first rows of all forecasts to come.
        margins: By how much intervals grow, scaled [series, horizon, targets]; None scores none.
        measure: Gives custom metrics; None gives none.
    """

    def __init__(
        self,
        data: PreparedSeries,
        part: Part,
        origins: Ints,
        margins: Floats | None = None,
        measure: Measure | None = None,
    ) -> None:
        self._data = data
        self._part = part
        self._margins = margins
        self._measure = measure
        self._kept = thinned(origins, numbers_of(data))
        self._forecast_at: list[Ints] = []
        self._forecast: list[Floats] = []
        self._cells, self._inside, self._width, self._score = 0, 0.0, 0.0, 0.0
        self._pinball = 0.0
        shape = len(data.names), len(data.config.targets)
        self._absolute, self._square, self._count = (np.zeros(shape) for _ in range(3))
        self._first, self._first_count = np.zeros(shape), np.zeros(shape)
        self._valid, self._forecasts = 0.0, 0

    def add(self, origins: Ints, scaled: Floats) -> None:
        """Take in the errors of some forecasts.

        Args:
            origins: The first rows that they predict, [B].
            scaled: In the units that models read, [B, horizon, targets], or quantiles
                [B, horizon, targets, quantiles].
        """
        data = self._data
        if self._margins is not None:
            self._add_intervals(origins, scaled, self._margins)
        if data.config.quantiles:
            self._add_quantiles(origins, scaled)
        scaled = data.config.points(scaled)
        series, truth = data.series_of(origins), data.truth(origins)
        with np.errstate(over="ignore", invalid="ignore"):
            forecast = data.in_units(series[:, None], scaled)
            error = forecast - truth
            known = np.isfinite(truth)
            absolute = np.where(known, np.abs(error), 0.0)
            square = absolute**2
            relative = square / data.spread[series, None] ** 2
            counts = np.maximum(known.sum(axis=2), 1)
            near = np.sqrt(relative.sum(axis=2) / counts) <= VALID_UP_TO
        np.add.at(self._absolute, series, absolute.sum(axis=1))
        np.add.at(self._square, series, square.sum(axis=1))
        np.add.at(self._count, series, known.sum(axis=1))
        np.add.at(self._first, series, square[:, 0])
        np.add.at(self._first_count, series, known[:, 0])
        if self._measure is not None:
            some = np.isin(origins, self._kept)
            self._forecast_at.append(origins[some])
            self._forecast.append(forecast[some])
        self._valid += float(np.logical_and.accumulate(near, axis=1).sum())
        self._forecasts += len(origins)

    def _add_intervals(self, origins: Ints, scaled: Floats, all_margins: Floats) -> None:
        """Take in how wide intervals are and what lies outside, behind the calibrating rows."""
        data, level = self._data, self._data.config.interval
        assert level is not None
        series = data.series_of(origins)
        late = origins >= first_scored(data, self._part)[series]
        origins, series, scaled = origins[late], series[late], scaled[late]
        truth = data.truth(origins)
        with np.errstate(over="ignore", invalid="ignore"):
            low, high = bounds_before(data.config, scaled)
            margins = all_margins[series]
            # Margins below zero may draw the two ends together, but never past each other.
            low, high = low - margins, high + margins
            middle = (low + high) / 2
            low = data.in_units(series[:, None], np.minimum(low, middle))
            high = data.in_units(series[:, None], np.maximum(high, middle))
            known = np.isfinite(truth)
            missed = np.maximum(low - truth, 0) + np.maximum(truth - high, 0)
            width = np.where(known, high - low, 0.0)
            score = width + np.where(known, missed, 0.0) * 2 / (1 - level)
            inside = known & (low <= truth) & (truth <= high)
        self._cells += int(known.sum())
        self._inside += float(inside.sum())
        self._width += float(width.sum())
        self._score += float(score.sum())

    def _add_quantiles(self, origins: Ints, scaled: Floats) -> None:
        """Take in the pinball loss, the mean over the quantiles of each forecast."""
        data = self._data
        series, truth = data.series_of(origins)[:, None], data.truth(origins)
        levels = np.array(data.config.quantiles)
        with np.errstate(over="ignore", invalid="ignore"):
            predicted = np.moveaxis(data.in_units(series, np.moveaxis(scaled, -1, 0)), 0, -1)
            error = truth[..., None] - predicted
            losses = np.maximum(levels * error, (levels - 1) * error).mean(axis=-1)
            self._pinball += float(np.where(np.isfinite(truth), losses, 0.0).sum())

    def metrics(self) -> dict[str, float]:
        """The metrics of all forecasts that were added, under full names such as `val_mae`."""
        data, part = self._data, self._part
        seen = self._count > 0
        share = self._count / self._count.sum()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            absolute, square = self._absolute / self._count, self._square / self._count

            def pooled(values: Floats) -> float:
                """The mean over all cells, from the means of each series and target."""
                return float(np.where(seen, values * share, 0.0).sum())

            metrics = {
                "mae": pooled(absolute),
                "rmse": float(np.sqrt(pooled(square))),
                "mase": float(np.mean((absolute / data.season)[seen])),
                "nrmse": float(np.mean((np.sqrt(square) / data.spread)[seen])),
                "scaled_mse": pooled(square / data.spread**2),
            }
            if data.config.horizon > 1:
                first = self._first.sum() / self._first_count.sum()
                metrics["rmse_1"] = float(np.sqrt(first))
                metrics["valid_steps"] = self._valid / self._forecasts
            if data.config.quantiles:
                metrics["pinball"] = float(self._pinball / self._count.sum())
            if self._margins is not None:
                metrics["coverage"] = float(np.divide(self._inside, self._cells))
                metrics["interval_width"] = float(np.divide(self._width, self._cells))
                metrics["interval_score"] = float(np.divide(self._score, self._cells))
            for name, _, cells in _each(data):
                mean = self._absolute[cells].sum() / self._count[cells].sum()
                metrics[f"mae/{name}"] = float(mean)
        if self._measure is not None:
            truth = data.truth(np.concatenate(self._forecast_at))
            forecast = np.concatenate(self._forecast)
            metrics |= self._measure(Answers(forecast, truth, np.isfinite(truth)))
        return {f"{part}_{name}": value for name, value in metrics.items()}


def numbers_of(data: PreparedSeries) -> int:
    """How many numbers a forecast has."""
    return data.config.horizon * len(data.config.targets)


def _each(data: PreparedSeries) -> list[tuple[str, str, tuple[slice | int, slice | int]]]:
    """The series and targets whose own MAE is reported; with folds no series, as each of them is
    scored in one fold alone.

    Returns:
        For each its name as a part of a metric's, its name in the data, and the index of its sums
        in [series, targets].
    """
    named: list[tuple[str, tuple[slice | int, slice | int]]] = []
    if 1 < len(data.names) <= MOST_EACH and not data.config.validation.folds:
        named += [(name, (at, slice(None))) for at, name in enumerate(data.names)]
    targets = data.config.targets
    if 1 < len(targets) <= MOST_EACH:
        named += [(name, (slice(None), at)) for at, name in enumerate(targets)]
    plain = [_plain(name) for name, _ in named]
    if len(set(plain)) < len(plain):
        plain = [f"{at + 1}-{name}" for at, name in enumerate(plain)]
    return [(short, *one) for short, one in zip(plain, named, strict=True)]


def _plain(name: str) -> str:
    """A name with an underscore for each sign that MLflow forbids in the names of metrics."""
    kept = "".join(
        sign if (sign.isalnum() and sign.isascii()) or sign in "_-." else "_" for sign in name
    )
    return kept.strip(".") or "_"


def announced(data: PreparedSeries) -> Sequence[Metric]:
    """The metrics that a study sees of the validation part, in the order of `Scorer.metrics`."""
    config = data.config
    unit = f"units of {config.targets[0]}" if len(config.targets) == 1 else "units of the targets"
    rows, before = _rows(config.horizon) + " ahead", _rows(config.period) + " before"
    if config.horizon > 1:
        rows = f"1 to {rows}{'' if config.direct else ', on its own predictions'}"
    measures = [
        ("mae", unit, f"mean absolute error {rows}"),
        ("rmse", unit, f"root of the mean squared error {rows}"),
        (
            "mase",
            "naive errors",
            f"mean absolute error over that of repeating the value {before}, in the training part",
        ),
        ("nrmse", "standard deviations", "RMSE over the standard deviation of the training part"),
        (
            "scaled_mse",
            "variances",
            "mean squared error, each target divided by its standard deviation in the training "
            "part",
        ),
    ]
    if config.horizon > 1:
        valid = f"rows until the error first exceeds {VALID_UP_TO} standard deviations"
        measures += [
            ("rmse_1", unit, "root of the mean squared error one row ahead"),
            ("valid_steps", "rows", f"valid prediction time: {valid}"),
        ]
    if config.quantiles:
        pinball = "pinball loss, the mean over the quantiles; half the absolute error at 0.5"
        measures.append(("pinball", unit, pinball))
    if config.interval is not None:
        calibrated = "in the first half of the validation part, scored on the second"
        if config.validation.windows:
            calibrated = "in the validation part before its windows"
        interval = f"the {config.interval:g} interval, calibrated on forecasts {calibrated}"
        measures += [
            ("coverage", "share", f"of the truth that lies in {interval}"),
            ("interval_width", unit, f"mean width of {interval}"),
            (
                "interval_score",
                unit,
                "width, and what the truth lies outside times 2 / (1 - interval): the one to "
                "select intervals by (Gneiting and Raftery, 2007)",
            ),
        ]
    measures += [(f"mae/{name}", unit, f"MAE of {whose}") for name, whose, _ in _each(data)]
    labels = {f"mae/{name}": f"val_mae of {whose}" for name, whose, _ in _each(data)}
    if config.validation.windows:
        units = {name: unit for name, unit, _ in measures}
        over = "over the windows, of which it is the mean"
        measures += [
            (f"{name}_spread", units[name], f"standard deviation of val_{name} {over}")
            for name in SPREADS
        ]
    loss = "pinball" if config.quantiles else "scaled_mse"
    folds = config.validation.folds
    over = f"; of a fold, the mean of {folds} folds" if folds else ""
    own = [
        Metric(
            f"val_{name}",
            unit,
            "maximize" if name in ("valid_steps", "coverage") else "minimize",
            meaning + over,
            loss=name == loss,
            label=labels.get(name, ""),
        )
        for name, unit, meaning in measures
    ]
    brought = f"of forecasts of {rows}"
    if windows := config.validation.windows:
        brought += f", the mean of {windows} windows"
    if "val" in data.bounds:
        brought += kept(len(data.windows("val")[0]), numbers_of(data), "forecasts")
    return [*own, *custom_metrics(config.metrics, own, brought + over)]


def _rows(count: int) -> str:
    """A number of rows in words."""
    return f"{count} row{'s' if count > 1 else ''}"
