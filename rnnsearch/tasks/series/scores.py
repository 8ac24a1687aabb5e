"""Errors of forecasts in the data's units: the same for models and baselines; numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from rnnsearch.tasks.base import Metric, Part

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rnnsearch.tasks.series.data import SeriesData

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]

VALID_UP_TO = 0.4
"""Error in standard deviations of the training part up to which a step counts as valid."""

MOST_EACH = 20
"""Series or targets whose own errors are reported beside the pooled ones."""


class Scorer:
    """Sums of errors over the forecasts of a part, of one model.

    Forecasts come in any number of pieces, each once. Cells that were empty do not count.
    """

    def __init__(self, data: SeriesData, part: Part) -> None:
        self._data = data
        self._part = part
        shape = len(data.names), len(data.config.targets)
        self._absolute, self._square, self._count = (np.zeros(shape) for _ in range(3))
        self._first, self._first_count = np.zeros(shape), np.zeros(shape)
        self._valid, self._forecasts = 0.0, 0

    def add(self, origins: Rows, scaled: Floats) -> None:
        """Score forecasts.

        Args:
            origins: Their first target rows, [B].
            scaled: In the units that models read, [B, horizon, targets].
        """
        data, targets = self._data, len(self._data.config.targets)
        series = data.series_of(origins)
        center = data.center[series, None, :targets]
        scale = data.scale[series, None, :targets]
        rows = origins[:, None] + np.arange(data.config.horizon)
        truth = data.values[rows, :targets]
        with np.errstate(over="ignore", invalid="ignore"):
            error = scaled * scale + center - truth
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
        self._valid += float(np.logical_and.accumulate(near, axis=1).sum())
        self._forecasts += len(origins)

    def metrics(self) -> dict[str, float]:
        """Of all that was added, under full names."""
        data, part = self._data, self._part
        seen = self._count > 0
        share = self._count / self._count.sum()
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            absolute, square = self._absolute / self._count, self._square / self._count

            def pooled(values: Floats) -> float:
                """The mean over all cells of means of each series and target."""
                return float(np.where(seen, values * share, 0.0).sum())

            found = {
                "mae": pooled(absolute),
                "rmse": float(np.sqrt(pooled(square))),
                "mase": float(np.mean((absolute / data.season)[seen])),
                "nrmse": float(np.mean((np.sqrt(square) / data.spread)[seen])),
                "scaled_mse": pooled(square / data.spread**2),
            }
            if data.config.horizon > 1:
                first = self._first.sum() / self._first_count.sum()
                found["rmse_1"] = float(np.sqrt(first))
                found["valid_steps"] = self._valid / self._forecasts
            for name, cells in _each(data):
                found[f"mae/{name}"] = float(self._absolute[cells].sum() / self._count[cells].sum())
        return {f"{part}_{name}": value for name, value in found.items()}


def _each(data: SeriesData) -> list[tuple[str, tuple[slice | int, slice | int]]]:
    """Names of the series and of the targets, and where their sums lie."""
    found: list[tuple[str, tuple[slice | int, slice | int]]] = []
    if 1 < len(data.names) <= MOST_EACH:
        found += [(_plain(name), (at, slice(None))) for at, name in enumerate(data.names)]
    targets = data.config.targets
    if 1 < len(targets) <= MOST_EACH:
        found += [(_plain(name), (slice(None), at)) for at, name in enumerate(targets)]
    twice = len({name for name, _ in found}) < len(found)
    if twice:
        return [(f"{at + 1}-{name}", cells) for at, (name, cells) in enumerate(found)]
    return found


def _plain(name: str) -> str:
    """A name with only the signs that records of metrics allow."""
    kept = "".join(
        sign if (sign.isalnum() and sign.isascii()) or sign in "_-." else "_" for sign in name
    )
    return kept.strip(".") or "_"


def announced(data: SeriesData) -> Sequence[Metric]:
    """What a study sees, in the order of `Scorer.metrics`."""
    config = data.config
    unit = f"units of {config.targets[0]}" if len(config.targets) == 1 else "units of the targets"
    rows = f"{config.horizon} row{'s' if config.horizon > 1 else ''} ahead"
    if config.horizon > 1:
        rows = f"1 to {rows}"
        rows += ", on its own predictions" if config.strategy == "recursive" else ""
    found = [
        Metric("val_mae", unit, "minimize", f"mean absolute error {rows}"),
        Metric("val_rmse", unit, "minimize", f"root of the mean squared error {rows}"),
        Metric(
            "val_mase",
            "naive errors",
            "minimize",
            f"mean absolute error over that of repeating the value {config.period} "
            f"row{'s' if config.period > 1 else ''} before, in the training part",
        ),
        Metric(
            "val_nrmse",
            "standard deviations",
            "minimize",
            "RMSE over the standard deviation of the training part",
        ),
        Metric(
            "val_scaled_mse",
            "variances",
            "minimize",
            "mean squared error, each target divided by its standard deviation in the training "
            "part",
        ),
    ]
    if config.horizon > 1:
        found += [
            Metric("val_rmse_1", unit, "minimize", "root of the mean squared error one row ahead"),
            Metric(
                "val_valid_steps",
                "rows",
                "maximize",
                f"valid prediction time: rows until the error first exceeds {VALID_UP_TO} standard "
                "deviations",
            ),
        ]
    each = [
        Metric(f"val_mae/{name}", unit, "minimize", f"MAE of {name}") for name, _ in _each(data)
    ]
    return found + each
