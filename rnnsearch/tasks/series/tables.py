"""Forecasts as tables: what follows the rows of each series, its times, quantiles and ends of
intervals."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnnsearch.errors import HorizonError, ModelError, RowsWarning
from rnnsearch.tasks.arrays import Floats
from rnnsearch.tasks.base import CALIBRATION, Predictor
from rnnsearch.tasks.files.written.writing import written_times
from rnnsearch.tasks.series.cells import SHOWN, listed_names
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.continued import inputs_of, measured, times_of, with_rows_to_come
from rnnsearch.tasks.series.from_rows import Ahead, ahead
from rnnsearch.tasks.series.intervals import beside_names, bounds_before
from rnnsearch.tasks.series.recent import Recent, recent_rows, time_form
from rnnsearch.tasks.series.rows import given_rows
from rnnsearch.tasks.series.steps import between, slack, step_text


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts of all series, one after the other, as columns of one length.

    Attributes:
        id: The names of the series, under the column that tells them apart; empty without one.
        step: From 1 in each series.
        time: The columns of the time, written as those of the given rows; empty without a time.
        targets: The forecasts, in the units of the data.
        beside: Quantiles but for the median, and the ends of intervals.
    """

    id: Mapping[str, Sequence[str]]
    step: Sequence[int]
    time: Mapping[str, Sequence[Any]]
    targets: Mapping[str, Floats]
    beside: Mapping[str, Floats]

    def short(self) -> Any:
        """A DataFrame of the ids, the steps and the targets."""
        return _frame(self.id, self._steps(), self.targets)

    def full(self) -> Any:
        """The columns of `short`, and behind them all others."""
        return _frame(self.id, self._steps(), self.targets, self.time, self.beside)

    def dated(self) -> Any:
        """A DataFrame that begins as the data do: with the ids and the times of the rows, or with
        their steps where they have no time."""
        return _frame(self.id, self.time or self._steps(), self.targets, self.beside)

    def _steps(self) -> Mapping[str, Sequence[int]]:
        return {"step": self.step}


def forecasts(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    source: Any,
    steps: int | None = None,
    new_series: bool = False,
) -> Forecasts:
    """Forecast what follows the rows of each series of a table.

    Warns where rows are read whose steps are not the usual one of training.

    Args:
        source: As `given_rows` takes it; its rows need no order where they have a time. Rows at the
            end of a series without targets are those to predict.
        steps, new_series: As in `ahead`.

    Raises:
        HorizonError: As `ahead`; of a panel, with all that is wrong with its series.
        ModelError: Likewise, and as `given_rows` and `recent_rows`.
        DataError: As `given_rows` and `recent_rows`.
    """
    config = SeriesConfig.remembered(manifest)
    given = given_rows(config, source)
    left_out = set() if new_series else set(manifest.get("left_out", ()))
    per_series: list[tuple[Recent, Ahead]] = []
    wrong: list[tuple[str, HorizonError | ModelError]] = []
    for stated in _without(left_out, recent_rows(manifest, given, new_series)):
        rows = stated
        try:
            uneven = _uneven(manifest, rows, steps)
            rows = with_rows_to_come(manifest, rows, steps)
            values, inputs = rows.values[None], [inputs_of(manifest, rows, steps)]
            answer = ahead(manifest, predictor, values, steps, rows.name, new_series, inputs)
            per_series.append((rows, answer))
        except (HorizonError, ModelError) as error:
            if rows.name is None:
                raise
            wrong.append((rows.name, error))
            continue
        if uneven:
            warnings.warn(uneven, RowsWarning, stacklevel=2)
    if wrong:
        lines = [f"series {name!r}: {error}" for name, error in wrong[:SHOWN]]
        more = [f"and {len(wrong) - SHOWN} more series"] if len(wrong) > SHOWN else []
        raise type(wrong[0][1])("\n".join(lines + more))
    count = per_series[0][1].scaled.shape[1]
    times: Mapping[str, Sequence[Any]] = {}
    if config.time_columns:
        moments = np.concatenate(
            [times_of(manifest, rows, one.first, count) for rows, one in per_series]
        )
        columns = [given.columns[name] for name in config.time_columns]
        cells = written_times(time_form(manifest, given), columns, moments)
        times = dict(zip(config.time_columns, cells, strict=True))
    points = np.concatenate([one.points()[0] for _, one in per_series])
    beside = np.concatenate([_beside(manifest, rows.name, one) for rows, one in per_series])
    return Forecasts(
        id={}
        if config.id is None
        else {config.id: [str(r.name) for r, _ in per_series for _ in range(count)]},
        step=list(range(1, count + 1)) * len(per_series),
        time=times,
        targets=dict(zip(config.targets, points.T, strict=True)),
        beside=dict(zip(beside_names(manifest), beside.T, strict=True)),
    )


def _frame(*parts: Mapping[str, Any]) -> Any:
    """A DataFrame of columns, of which the first of a name is kept."""
    import pandas

    columns: dict[str, Any] = {}
    for part in parts:
        columns |= {name: cells for name, cells in part.items() if name not in columns}
    return pandas.DataFrame(columns)


def _beside(manifest: Mapping[str, Any], name: str | None, forecast: Ahead) -> Floats:
    """Quantiles and ends of intervals of one series [steps, columns], in the order of
    `beside_names`."""
    config, scaled = forecast.config, forecast.scaled[0]
    kinds = [
        forecast.in_units(scaled[..., at]) for at, one in enumerate(config.quantiles) if one != 0.5
    ]
    if CALIBRATION in manifest:
        room = _margins(manifest, name, len(scaled))
        level = manifest[CALIBRATION]["interval"]
        low, high = bounds_before(replace(config, interval=level), scaled)
        kinds += [forecast.in_units(low - room), forecast.in_units(high + room)]
    # Target by target, and within each in the order of the kinds.
    whole = np.stack(kinds, axis=-1) if kinds else np.empty((*scaled.shape[:2], 0))
    return whole.reshape(len(scaled), -1)


def _margins(manifest: Mapping[str, Any], name: str | None, steps: int) -> Floats:
    """By how much the intervals of a series grow, [steps, targets]; NaN beyond the horizon, where
    no errors were measured, and of a series that training never saw."""
    names = list(manifest["series"])
    known = np.array(manifest[CALIBRATION]["margins"], np.float64)  # [series, horizon, targets]
    room = np.full((steps, known.shape[2]), np.nan)
    at = 0 if manifest["id"] is None else names.index(name) if name in names else None
    if at is not None:
        reach = min(steps, known.shape[1])
        room[:reach] = known[at, :reach]
    return room


def _without(left_out: set[str], given: list[Recent]) -> list[Recent]:
    """The given series but for those that training left out, about which it warns.

    Raises:
        ModelError: None is left.
    """
    out = [str(rows.name) for rows in given if rows.name in left_out]
    if not out:
        return given
    names = f"training left out the series {listed_names(out)} (task.skip_series, task.min_rows)"
    if len(out) == len(given):
        raise ModelError(f"{names}. With new_series true, each is scaled by its own rows.")
    warnings.warn(f"{names}, and so does the forecast.", RowsWarning, stacklevel=2)
    return [rows for rows in given if rows.name not in left_out]


def _uneven(manifest: Mapping[str, Any], rows: Recent, steps: int | None) -> str:
    """A warning where some steps between the rows that are read are not the usual one of training.

    Returns:
        Its text; empty where all steps are as in training, or where training had no usual one.

    Raises:
        ModelError: Most steps are others than in training.
    """
    usual = manifest.get("step")
    if usual is None or rows.times is None or manifest.get("spacing") == "given":
        return ""
    end = measured(SeriesConfig.remembered(manifest), rows)
    ahead = max(steps or 0, int(manifest["horizon"]))
    gaps = between(rows.times[max(0, end - int(manifest["context"])) : end + ahead])
    if not len(gaps):
        return ""
    dated = bool(manifest["dated"])
    odd, median = np.abs(gaps - usual) > slack(usual, dated), float(np.median(gaps))
    if abs(median - usual) > slack(usual, dated):
        raise ModelError(
            f"the rows are {step_text(median, dated)} apart, and those of training "
            f"{step_text(usual, dated)}; give rows at the step of training."
        )
    if not odd.any():
        return ""
    whose = f" of the series {rows.name!r}" if rows.name is not None else ""
    return (
        f"{int(odd.sum())} of the {len(odd)} steps between the rows{whose} are not the usual "
        f"{step_text(usual, dated)}; rows are taken as evenly spaced."
    )
