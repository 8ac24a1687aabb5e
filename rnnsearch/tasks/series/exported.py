"""What the network of a forecast reads and answers, in the units of a table, and what it answers.

Axes: B sequences, T rows, F features, S series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from rnnsearch.tasks.base import CALIBRATION, Predictor, State
from rnnsearch.tasks.interface import Forecast, Interface, Intervals, Table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.forecast import entered, picked_features
from rnnsearch.tasks.series.inputs.calendar import FORMULAS
from rnnsearch.tasks.series.inputs.learned import Inputs
from rnnsearch.tasks.series.intervals import edges
from rnnsearch.tasks.series.transforms import restored, transformed


class Feature(NamedTuple):
    """A feature: its name, and what scales it in each series.

    Attributes:
        meaning: What it is, where it is no column of the table as it stands.
    """

    name: str
    center: list[float]
    scale: list[float]
    meaning: str = ""


def interface(manifest: Mapping[str, Any]) -> Interface:
    """What the network of a model reads and answers.

    It reads the features of `forecast.features` but for the flags of empty cells, which the cells
    themselves show; numbers of the table in its own units.
    """
    config, inputs = SeriesConfig.remembered(manifest), Inputs.of(manifest)
    centers, scales = np.array(manifest["center"]).T, np.array(manifest["scale"]).T
    scaling = centers.tolist(), scales.tolist()
    columns = [Feature(*one) for one in zip(config.columns, *scaling, strict=True)]
    features = columns[: config.measured] + _both(config, columns[config.measured :])
    flags = len(features) if config.missing == "mask" else None
    width = inputs.count(config)
    features += _fixed(config, inputs, len(centers[0])) + _both(
        config, _ahead(config, inputs, len(centers[0]))
    )
    several = len(manifest["series"]) > 1
    table = Table(
        names=tuple(one.name for one in features),
        meanings=tuple(one.meaning for one in features),
        targets=len(config.targets),
        measured=config.measured,
        series=tuple(manifest["series"]) if several else (),
        center=tuple(zip(*(one.center for one in features), strict=True)),
        scale=tuple(zip(*(one.scale for one in features), strict=True)),
        transform=config.transform,
        flags=flags,
        picked=tuple(map(tuple, picked_features(config, width)))
        if config.channels == "each"
        else (),
        anchor=_anchor(config),
        segment=config.segment,
    )
    why = ""
    if table.anchor == "end":
        why = "the network reads changes against the last row (anchor: last)"
    elif table.segment > 1:
        why = f"the network reads {table.segment} rows at a time step (segment)"
    return Interface(
        reads=table,
        answers=Forecast(
            table=table,
            rows=config.lead,
            whole=config.direct,
            quantiles=config.quantiles,
            intervals=_intervals(config, manifest),
        ),
        no_stream=why,
        note=" ".join(_notes(config, manifest)),
    )


def _intervals(config: SeriesConfig, manifest: Mapping[str, Any]) -> Intervals | None:
    """The calibrated intervals of a model, their margins without the scale of each series."""
    known = manifest.get(CALIBRATION)
    if known is None:
        return None
    scale = np.array(manifest["scale"], np.float64)[:, None, : len(config.targets)]
    margins = np.array(known["margins"], np.float64) * scale
    asked = replace(config, interval=known["interval"])
    return Intervals(
        level=known["interval"],
        margins=tuple(tuple(map(tuple, rows)) for rows in margins.tolist()),
        quantiles=edges(asked) if config.quantiles else None,
    )


def _anchor(config: SeriesConfig) -> Literal["none", "end", "row"]:
    if config.anchor == "none":
        return "none"
    return "end" if config.direct else "row"


def _both(config: SeriesConfig, known: list[Feature]) -> list[Feature]:
    """What is known ahead, `config.lead` rows later, and where that is more than one row, now."""
    rows = f"{config.lead} row{'s' * (config.lead > 1)} later"
    later = [
        one._replace(name=f"{one.name}, {rows}", meaning=f"{rows}: {one.meaning or one.name}")
        for one in known
    ]
    return later + (known if config.lead > 1 else [])


def _plain(name: str, series: int, meaning: str) -> Feature:
    """A feature that is read as it is."""
    return Feature(name, [0.0] * series, [1.0] * series, meaning)


def _category(name: str, value: Any, series: int) -> Feature:
    """A value of a category."""
    return _plain(
        f"{name} is {value!r}", series, f"1 where the column {name!r} is {value!r}, else 0"
    )


def _gap(config: SeriesConfig, usual: float, series: int) -> Feature:
    """How long ago the row before was."""
    return _plain(
        "log(1 + step since the row before / usual step)",
        series,
        f"of the time in {_times(config)}; the usual step is {usual:g}",
    )


def _times(config: SeriesConfig) -> str:
    """The columns of a moment, for a person."""
    return " and ".join(f"the column {name!r}" for name in config.time_columns)


def _fixed(config: SeriesConfig, inputs: Inputs, series: int) -> list[Feature]:
    """The features of `InputRows.fixed`."""
    features = [
        _category(one.name, value, series)
        for one in inputs.categories
        if one.name not in config.known
        for value in one.values
    ]
    if inputs.static is not None:
        scaler = inputs.static
        for name, center, scale in zip(
            config.static_numbers, scaler.center, scaler.scale, strict=True
        ):
            features.append(Feature(name, [center] * series, [scale] * series))
    if inputs.usual is not None:
        if config.lead == 1:
            features.append(_gap(config, inputs.usual, series))
        if config.missing == "mask":
            features += [
                _plain(
                    f"log(1 + time since {name} was measured / usual step)",
                    series,
                    f"of the time in {_times(config)}; the usual step is {inputs.usual:g}",
                )
                for name in config.columns[: config.measured]
            ]
    return features


def _ahead(config: SeriesConfig, inputs: Inputs, series: int) -> list[Feature]:
    """The features of `InputRows.ahead`."""
    features = [
        _category(one.name, value, series)
        for one in inputs.categories
        if one.name in config.known
        for value in one.values
    ]
    for name in config.calendar:
        features += [
            _plain(
                f"{side} of the {name}",
                series,
                f"{function}(2 * pi * {FORMULAS[name]}) of the moment in {_times(config)}",
            )
            for side, function in (("sine", "sin"), ("cosine", "cos"))
        ]
    if inputs.usual is not None:
        features.append(_gap(config, inputs.usual, series))
    return features


def _notes(config: SeriesConfig, manifest: Mapping[str, Any]) -> Iterator[str]:
    if config.looks_ahead:
        yield f"What is known ahead is given of {config.lead} row(s) later than the row itself."
    if config.missing == "mask":
        yield "Empty cells of the measured columns are NaN."
    if len(manifest["series"]) > 1:
        yield "Series that training never saw cannot be given."
    if CALIBRATION in manifest:
        yield "Calibrated intervals are made of y and `intervals`, as its `formula` says."


def answered(
    manifest: Mapping[str, Any],
    predictor: Predictor,
    x: NDArray[Any],
    state: State,
    series: NDArray[np.int64] | None,
) -> tuple[NDArray[Any], State]:
    """What the network answers, (B, T', targets), with more axes as `Forecast` has them."""
    config, table = SeriesConfig.remembered(manifest), interface(manifest).reads
    assert isinstance(table, Table)
    whose = np.zeros(len(x), np.int64) if series is None else series
    center = np.array(table.center)[whose][:, None]
    scale = np.array(table.scale)[whose][:, None]
    values, count = np.array(x, np.float64), table.targets
    empty = np.isnan(values[..., : table.measured])
    values[..., :count] = transformed(values[..., :count], config.transform)
    scaled = np.nan_to_num((values - center) / scale).astype(np.float32)
    if table.flags is not None:
        scaled = np.insert(scaled, [table.flags] * table.measured, empty, axis=2)
    fed = torch.tensor(scaled, dtype=predictor.dtype).transpose(0, 1)
    if table.picked:
        fed = fed[:, :, list(map(list, table.picked))].flatten(1, 2)
    fed = fed[None].to(predictor.device)
    last = fed[0, -1:] if config.direct else fed[0]
    outputs, after = predictor(entered(config, fed) if config.direct else fed.contiguous(), state)
    quantiles = max(1, len(config.quantiles))
    answers = outputs[0].reshape(*outputs.shape[1:3], config.lead, config.answered, quantiles)
    if table.anchor != "none":
        answers = answers + last[:, :, None, : config.answered, None]
    if table.picked:
        steps, _, *rest = answers.shape
        answers = answers.reshape(steps, -1, count, *rest).transpose(2, 3).squeeze(4)
    ordered = answers.sort(dim=-1).values.double().cpu().numpy()
    units = [at[:, 0, None, None, :count, None] for at in (scale, center)]
    y = restored(ordered.swapaxes(0, 1) * units[0] + units[1], config.transform)
    y = y if config.quantiles else y[..., 0]
    return (y if config.direct else y[:, :, 0]), after
