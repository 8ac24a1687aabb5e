"""Forecasts of a trained model from rows that a person gives, in the units of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.cells import stranger
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.forecast import features, forecast, picked_features
from rnnsearch.tasks.series.inputs.learned import InputRows, Inputs
from rnnsearch.tasks.series.transforms import fill_forward, restored, transformed
from rnnsearch.tasks.use import MOST_STEPS


@dataclass(frozen=True, eq=False)
class Ahead:
    """What a model forecasts of the rows that follow some given ones.

    Attributes:
        config: What the model remembers of its task's config.
        scaled: In scaled units, float64 [batch, steps, targets], or with quantiles one axis more.
        scaler: Of the series that the rows belong to.
        first: The first row that is predicted, counted from the first one that was given.
    """

    config: SeriesConfig
    scaled: Floats
    scaler: Scaler
    first: int

    def in_units(self, scaled: Floats) -> Floats:
        """Scaled values of the targets [..., targets] in the units of the data."""
        targets = len(self.config.targets)
        # The scaler knows all columns, so the values are padded to as many.
        room = [(0, 0)] * (scaled.ndim - 1) + [(0, len(self.config.columns) - targets)]
        whole = self.scaler.undo(np.pad(scaled, room))
        return restored(whole[..., :targets], self.config.transform)

    def points(self) -> Floats:
        """The forecast itself, in the units of the data [batch, steps, targets]."""
        return self.in_units(self.config.points(self.scaled))


def forecast_rows(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    rows: NDArray[Any],
    steps: int | None = None,
    series: str | None = None,
    new_series: bool = False,
) -> Floats:
    """The points of `ahead`: float64 (batch, steps, targets), in the data's units."""
    return ahead(manifest, predictor, rows, steps, series, new_series).points()


def ahead(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    rows: NDArray[Any],
    steps: int | None = None,
    series: str | None = None,
    new_series: bool = False,
    beside: Sequence[InputRows] = (),
) -> Ahead:
    """Forecast the targets of the rows that follow.

    Args:
        manifest: Of the training data: columns and scalers.
        predictor: One model.
        rows: In the data's units, (batch, time, columns): targets, past, then known columns. The
            last rows may lack all their targets: they are those to predict, and are needed where
            there are columns known ahead. The last `context` rows before them are read, and no
            others.
        steps: Rows to predict; None takes the horizon.
        series: Which series of a panel the rows belong to. None is scaled by the given rows
            themselves, or as the only series that there was.
        new_series: Whether `series` may be one that training never saw; it is scaled by the given
            rows themselves.
        beside: Of each sequence of the batch, the inputs beside these numbers, where the model
            reads any.

    Raises:
        HorizonError: More steps than the model or the known columns reach, or fewer than one.
        ModelError: The rows have another shape, are too few, or lack cells that they may not
            lack, or the series is not known.
    """
    config = SeriesConfig.remembered(manifest)
    width = Inputs.of(manifest).count(config)
    if width and not beside:
        columns = ", ".join((*config.time_columns, *config.columns, *config.coded))
        raise ModelError(
            "this model reads more than numbers (task.calendar, spacing, categories or static); "
            f"give its rows as a DataFrame with the columns {columns}."
        )
    names, targets = config.columns, len(config.targets)
    values = np.array(rows, np.float64)
    if values.ndim != 3 or values.shape[2] != len(names) or values.size == 0:
        raise ModelError(
            f"rows must have shape (batch, time, {len(names)}), the columns {', '.join(names)}, "
            f"not {values.shape}."
        )
    measured = np.flatnonzero(np.isfinite(values[:, :, :targets]).any(axis=(0, 2)))
    if len(measured) == 0:
        raise ModelError("every row lacks its targets; a forecast needs one that has them.")
    if np.isinf(values).any():
        raise ModelError("the rows hold infinite values.")
    count, now = values.shape[1], int(measured[-1]) + 1
    steps = config.horizon if steps is None else steps
    _check_steps(config, steps, count - now)
    first = now - config.context
    if first < 0:
        raise ModelError(
            f"this model reads the last {config.context} rows that have their targets, and "
            f"{now} {'was' if now == 1 else 'were'} given; give at least {config.context}."
        )
    last = min(count, now + max(steps, config.lead))
    empty = np.isnan(values[:, :, : config.measured])
    empty[:, now:] = False  # a recursive forecast puts its own predictions there
    beside = beside or [InputRows.none(count)] * len(values)
    _fill(config, values, first, now, last)
    read = values[:, :, :targets]
    if config.transform != "none" and (read < 0).any():
        raise ModelError(
            f"the targets hold values below 0, which this model's {config.transform} cannot read."
        )
    values[:, :, :targets] = transformed(read, config.transform)
    scaler = _scaler(manifest, values[:, :now], series, new_series)
    scaled = scaler.apply(values)
    np.nan_to_num(scaled, copy=False)
    entries = np.stack(
        [
            features(
                config, one[first:last].astype(np.float32), holes[first:last], more[first:last]
            )
            for one, holes, more in zip(scaled, empty, beside, strict=True)
        ],
        axis=1,
    )
    if config.channels == "each":
        picked = picked_features(config, width)
        entries = entries[:, :, picked].reshape(len(entries), -1, len(picked[0]))
    fed = torch.tensor(entries, device=predictor.device, dtype=predictor.dtype).unsqueeze(0)
    history, later = fed[:, : now - first], fed[:, now - first :][:, : steps - 1]
    answers = forecast(config, predictor, history, later, steps)[0]
    return Ahead(config, answers.double().cpu().numpy().swapaxes(0, 1), scaler, now)


def _fill(config: SeriesConfig, values: Floats, first: int, now: int, last: int) -> None:
    """Fill empty cells as in training, in place, and refuse those that training would refuse.

    Args:
        values: [batch, time, columns]
        first: The first row that is read.
        now: The first row to predict.
        last: The end of the rows whose known columns are read.

    Raises:
        ModelError: With the columns that have empty cells.
    """
    names, ahead = config.columns, config.measured
    for number, name in enumerate(config.known_numbers, ahead):
        if last > now and np.isnan(values[:, now:last, number]).all(axis=1).any():
            raise ModelError(
                f"the rows to predict have no value of {name!r}, which the forecast reads ahead."
            )
    if config.missing == "ffill":
        for one in values:
            fill_forward(one[:now], [0, now])
            fill_forward(one[:, ahead:], [0, len(one)])
    holes = np.isnan(values[:, first:last])
    holes[:, now - first :, :ahead] = False
    if config.missing == "mask":
        holes[:, :, :ahead] = False
    if not holes.any():
        return
    columns = ", ".join(repr(names[number]) for number in np.flatnonzero(holes.any(axis=(0, 1))))
    why = {
        "error": "this model was trained without any (missing: error)",
        "ffill": "no row before can fill them",
        "mask": "a column known ahead is never masked",
    }
    raise ModelError(f"the rows hold empty cells in {columns}, and {why[config.missing]}.")


def _check_steps(config: SeriesConfig, steps: int, ahead: int) -> None:
    """Refuse a number of steps that the model or the given rows do not reach.

    Args:
        ahead: Rows to predict that were given, with their known columns.

    Raises:
        HorizonError: With the number that would do.
    """
    if steps < 1:
        raise HorizonError(f"a forecast needs at least 1 step, not {steps}.")
    if steps > MOST_STEPS:
        raise HorizonError(f"a forecast has at most {MOST_STEPS:,} steps, not {steps:,}.")
    if config.direct and steps > config.horizon:
        raise HorizonError(
            f"this model forecasts {config.horizon} rows at once, not {steps}; ask for at most "
            f"{config.horizon}."
        )
    needed = config.horizon if config.direct else steps
    if config.known and ahead < needed:
        raise HorizonError(
            f"the forecast reads {', '.join(config.known)} ahead: add {needed} rows with "
            f"these columns and empty targets, not {ahead}."
        )


def _scaler(
    manifest: Mapping[str, Any], rows: Floats, series: str | None, new_series: bool
) -> Scaler:
    """The scaler of a series that training knew, or one fitted on the rows of a new series.

    Raises:
        ModelError: Training never saw the series, and `new_series` does not allow a new one.
    """
    names = list(manifest["series"])
    at = 0 if len(names) == 1 else None
    if series is not None and manifest["id"] is not None:
        at = names.index(series) if series in names else None
        if at is None and not new_series:
            raise ModelError(stranger(series, names))
    if at is None:
        return Scaler.fit(rows, manifest["scaler"])
    return Scaler(tuple(manifest["center"][at]), tuple(manifest["scale"][at]))
