"""Forecasts of a trained model from rows that a person gives, in the units of the data."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import Predictor
from rnnsearch.tasks.scaling import Scaler
from rnnsearch.tasks.series.forecast import Columns, forecast, points
from rnnsearch.tasks.series.parts import fill_forward
from rnnsearch.tasks.series.recent import SHOWN, Recent, as_number, recent_rows
from rnnsearch.tasks.series.steps import between, slack, step_said
from rnnsearch.tasks.series.transforms import Transform, restored, transformed
from rnnsearch.tasks.use import MOST_STEPS


def forecast_frame(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    frame: Any,
    steps: int | None = None,
    new_series: bool = False,
) -> Any:
    """Forecast from a DataFrame what follows the rows of each of its series.

    A step between the rows that are read which is not the usual one of training is said in a
    warning.

    Args:
        frame: As `recent_rows` takes it; its rows need no order where they have a time.
        steps, new_series: As in `forecast_rows`.

    Returns:
        A DataFrame with a row a step: of a panel the id, then `step` from 1, and the targets.

    Raises:
        HorizonError: As `forecast_rows`; of a panel, with all that is wrong with its series.
        ModelError: Likewise, and as `recent_rows`.
        DataError: As `recent_rows`.
    """
    import pandas

    id, tables, wrong = manifest["id"], [], []
    left_out = set() if new_series else set(manifest.get("left_out", ()))
    for own in _without(left_out, recent_rows(manifest, frame)):
        try:
            uneven = _uneven(manifest, own, steps)
            found = forecast_rows(
                manifest, predictor, own.values[None], steps, own.name, new_series
            )
        except (HorizonError, ModelError) as error:
            if own.name is None:
                raise
            wrong.append((own.name, error))
            continue
        if uneven:
            warnings.warn(uneven, stacklevel=2)
        table = pandas.DataFrame(found[0], columns=list(manifest["targets"]))
        table.insert(0, "step", range(1, len(table) + 1))
        if id is not None:
            table.insert(0, id, own.name)
        tables.append(table)
    if wrong:
        said = [f"series {name!r}: {error}" for name, error in wrong[:SHOWN]]
        more = [f"and {len(wrong) - SHOWN} more series"] if len(wrong) > SHOWN else []
        raise type(wrong[0][1])("\n".join(said + more))
    return pandas.concat(tables, ignore_index=True)


def _without(left_out: set[str], given: list[Recent]) -> list[Recent]:
    """The series but for those that training left out; that it is so is said.

    Raises:
        ModelError: None is left.
    """
    out = [str(own.name) for own in given if own.name in left_out]
    if not out:
        return given
    said = ", ".join(map(repr, out[:SHOWN])) + (", ..." if len(out) > SHOWN else "")
    said = f"training left out the series {said} (task.skip_series, task.min_rows)"
    if len(out) == len(given):
        raise ModelError(f"{said}. With new_series true, each is scaled by its own rows.")
    warnings.warn(f"{said}, and so does the forecast.", stacklevel=2)
    return [own for own in given if own.name not in left_out]


def _uneven(manifest: Mapping[str, Any], own: Recent, steps: int | None) -> str:
    """In words where single steps are not those of training; empty where all are.

    Raises:
        ModelError: The usual step is another one.
    """
    usual = manifest.get("step")
    if usual is None or own.times is None:
        return ""
    targets = own.values[:, : len(manifest["targets"])]
    end = int(np.flatnonzero(np.isfinite(targets).any(axis=1))[-1:].sum()) + 1
    ahead = max(steps or 0, int(manifest["horizon"]))
    found = between(own.times[max(0, end - int(manifest["context"])) : end + ahead])
    if not len(found):
        return ""
    dated = bool(manifest["dated"])
    odd, median = np.abs(found - usual) > slack(usual, dated), float(np.median(found))
    if abs(median - usual) > slack(usual, dated):
        raise ModelError(
            f"the rows are {step_said(median, dated)} apart, and those of training "
            f"{step_said(usual, dated)}; give rows at the step of training."
        )
    if not odd.any():
        return ""
    whose = f" of the series {own.name!r}" if own.name is not None else ""
    return (
        f"{int(odd.sum())} of the {len(odd)} steps between the rows{whose} are not the usual "
        f"{step_said(usual, dated)}; rows are taken as evenly spaced."
    )


def forecast_rows(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    rows: NDArray[Any],
    steps: int | None = None,
    series: str | None = None,
    new_series: bool = False,
) -> Floats:
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

    Returns:
        Float64 (batch, steps, targets), in the data's units.

    Raises:
        HorizonError: More steps than the model or the known columns reach, or fewer than one.
        ModelError: The rows have another shape, are too few, or lack cells that they may not
            lack, or the series is not known.
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
    if np.isinf(values).any():
        raise ModelError("the rows hold infinite values.")
    count, own = values.shape[1], int(measured[-1]) + 1
    steps = int(manifest["horizon"]) if steps is None else steps
    _check_steps(manifest, columns, steps, count - own)
    first = own - int(manifest["context"])
    if first < 0:
        raise ModelError(
            f"this model reads the last {manifest['context']} rows that have their targets, and "
            f"{own} {'was' if own == 1 else 'were'} given; give at least {manifest['context']}."
        )
    last = min(count, own + max(steps, columns.horizon))
    empty = np.isnan(values[:, :, : columns.targets + columns.past])
    _fill(manifest, columns, values, (first, own, last))
    kind: Transform = manifest.get("transform", "none")
    read = values[:, :, : columns.targets]
    if kind != "none" and (read < 0).any():
        raise ModelError(f"the targets hold values below 0, which this model's {kind} cannot read.")
    values[:, :, : columns.targets] = transformed(read, kind)
    scaled, scaler = _scaled(manifest, values, own, series, new_series)
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
    # Up to all columns, for a scaler of all of them.
    room = [(0, 0), (0, 0), (0, len(names) - found.shape[-1])]
    told = scaler.undo(np.pad(found.swapaxes(0, 1), room))[..., : columns.targets]
    return restored(told, kind)


def _fill(
    manifest: Mapping[str, Any], columns: Columns, values: Floats, read: tuple[int, int, int]
) -> None:
    """Fill empty cells as in training, in place, and refuse those that training would refuse.

    Args:
        read: The first row that is read, the first one to predict, and the end.
    """
    first, own, last = read
    names = [*manifest["targets"], *manifest["past"], *manifest["known"]]
    ahead = columns.targets + columns.past
    for number, name in enumerate(names[ahead:], ahead):
        if last > own and np.isnan(values[:, own:last, number]).all(axis=1).any():
            raise ModelError(
                f"the rows to predict have no value of {name!r}, which the forecast reads ahead."
            )
    if manifest["missing"] == "ffill":
        for one in values:
            fill_forward(one[:own], [0, own])
            fill_forward(one[:, ahead:], [0, len(one)])
    holes = np.isnan(values[:, first:last])
    holes[:, own - first :, :ahead] = False
    if manifest["missing"] == "mask":
        holes[:, :, :ahead] = False
    if not holes.any():
        return
    said = ", ".join(repr(names[number]) for number in np.flatnonzero(holes.any(axis=(0, 1))))
    why = {
        "error": "this model was trained without any (missing: error)",
        "ffill": "no row before can fill them",
        "mask": "a column known ahead is never masked",
    }
    raise ModelError(f"the rows hold empty cells in {said}, and {why[manifest['missing']]}.")


def _check_steps(manifest: Mapping[str, Any], columns: Columns, steps: int, ahead: int) -> None:
    horizon = int(manifest["horizon"])
    if steps < 1:
        raise HorizonError(f"a forecast needs at least 1 step, not {steps}.")
    if steps > MOST_STEPS:
        raise HorizonError(f"a forecast has at most {MOST_STEPS:,} steps, not {steps:,}.")
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
    manifest: Mapping[str, Any], values: Floats, own: int, series: str | None, new_series: bool
) -> tuple[Floats, Scaler]:
    names = list(manifest["series"])
    if series is None or manifest["id"] is None:
        at = 0 if len(names) == 1 else None
    else:
        at = names.index(series) if series in names else None
        if at is None and not new_series:
            raise ModelError(_stranger(series, names))
    if at is not None:
        scaler = Scaler(tuple(manifest["center"][at]), tuple(manifest["scale"][at]))
    else:
        scaler = Scaler.fit(values[:, :own], manifest["scaler"])
    return scaler.apply(values), scaler


def _stranger(series: str, names: list[str]) -> str:
    listed = ", ".join(map(repr, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
    number = as_number(series)
    alike = [name for name in names if number is not None and as_number(name) == number]
    return (
        f"the model never saw the series {series!r}; it knows {listed}."
        + (f" Did you mean {alike[0]!r}?" if alike else "")
        + " With new_series true, a new series is scaled by its own rows."
    )
