"""Forecasts of a trained model from rows that a person gives, in the units of the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.forecast import Columns, forecast, points
from rnnsearch.tasks.series.parts import fill_forward
from rnnsearch.tasks.series.transforms import Transform, restored, transformed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def forecast_rows(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    rows: NDArray[Any],
    steps: int | None = None,
    series: str | None = None,
) -> Floats:
    """Forecast the targets of the rows that follow.

    Args:
        manifest: Of the training data: columns and scalers.
        predictor: One model.
        rows: In the data's units, (batch, time, columns): targets, past, then known columns. The
            last rows may lack all their targets: they are those to predict, and are needed where
            there are columns known ahead. Only the last `context` rows before them are read.
        steps: Rows to predict; None takes the horizon.
        series: Which series of a panel the rows belong to. One that training never saw, or None,
            is scaled by the given rows themselves.

    Returns:
        Float64 (batch, steps, targets), in the data's units.

    Raises:
        HorizonError: More steps than the model or the known columns reach, or fewer than one.
        ModelError: The rows have another shape or hold cells that they may not lack.
    """
    columns = Columns.from_manifest(manifest)
    names = [*manifest["targets"], *manifest["past"], *manifest["known"]]
    values = np.array(rows, np.float64)
    if values.ndim != 3 or values.shape[2] != len(names) or values.size == 0:
        raise ModelError(
            f"rows must have shape (batch, time, {len(names)}), the columns {', '.join(names)}, "
            f"not {values.shape}."
        )
    measured = np.flatnonzero(np.isfinite(values[:, :, : columns.targets]).any(axis=(0, 2)))
    if len(measured) == 0:
        raise ModelError("every row lacks its targets; a forecast needs one that has them.")
    count, own = values.shape[1], int(measured[-1]) + 1
    steps = int(manifest["horizon"]) if steps is None else steps
    _check_steps(manifest, columns, steps, count - own)
    first = max(0, own - int(manifest["context"]))
    first += (own - first) % columns.segment
    if first == own:
        raise ModelError(
            f"this model reads {columns.segment} rows at a time; give at least so many that have "
            f"their targets, not {own}."
        )
    last = min(count, own + max(steps, columns.horizon))
    empty = np.isnan(values[:, :, : columns.targets + columns.past])
    if manifest["missing"] == "ffill":
        for one in values:
            fill_forward(one[:own], [0, own])
    elif manifest["missing"] == "error" and empty[:, first:own].any():
        raise ModelError(
            "the rows hold empty cells, and this model was trained without any (missing: error)."
        )
    kind: Transform = manifest.get("transform", "none")
    read = values[:, :, : columns.targets]
    if kind != "none" and (read < 0).any():
        raise ModelError(f"the targets hold values below 0, which this model's {kind} cannot read.")
    values[:, :, : columns.targets] = transformed(read, kind)
    scaled, scaler = _scaled(manifest, values, own, series)
    np.nan_to_num(scaled, copy=False)
    features = np.stack(
        [
            columns.features(one[first:last].astype(np.float32), holes[first:last])
            for one, holes in zip(scaled, empty, strict=True)
        ],
        axis=1,
    )
    if columns.each:
        features = features[:, :, columns.picks].reshape(len(features), -1, len(columns.picks[0]))
    fed = torch.tensor(features, device=predictor.device, dtype=predictor.dtype).unsqueeze(0)
    history, later = fed[:, : own - first], fed[:, own - first :][:, : steps - 1]
    if later.shape[1] < steps - 1:  # nothing is known of these rows
        short = later.new_zeros(1, steps - 1 - later.shape[1], *later.shape[2:])
        later = torch.cat([later, short], dim=1)
    said = forecast(columns, predictor, history, later, steps)
    found = points(columns, said)[0].double().cpu().numpy()
    told = scaler.undo(np.pad(found.swapaxes(0, 1), _room(found, names)))[..., : columns.targets]
    return restored(told, kind)


def _room(found: Floats, names: list[str]) -> list[tuple[int, int]]:
    """Padding up to all columns, for a scaler of all of them."""
    return [(0, 0), (0, 0), (0, len(names) - found.shape[-1])]


def _check_steps(manifest: Mapping[str, Any], columns: Columns, steps: int, ahead: int) -> None:
    horizon = int(manifest["horizon"])
    if steps < 1:
        raise HorizonError(f"a forecast needs at least 1 step, not {steps}.")
    if columns.direct and steps > horizon:
        raise HorizonError(
            f"this model forecasts {horizon} rows at once, not {steps}; ask for at most {horizon}."
        )
    needed = horizon if columns.direct else steps
    if columns.known and ahead < needed:
        raise HorizonError(
            f"the forecast reads {', '.join(manifest['known'])} ahead: add {needed} rows with "
            f"these columns and empty targets, not {ahead}."
        )


def _scaled(
    manifest: Mapping[str, Any], values: Floats, own: int, series: str | None
) -> tuple[Floats, Scaler]:
    names = list(manifest["series"])
    if len(names) == 1 or series in names:
        at = names.index(series) if series in names else 0
        scaler = Scaler(tuple(manifest["center"][at]), tuple(manifest["scale"][at]))
    else:
        scaler = Scaler.fit(values[:, :own], manifest["scaler"])
    return scaler.apply(values), scaler
