"""What the network of a forecast reads and answers, in the units of a table, and what it answers.

Axes: B sequences, T rows, F features, S series.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from rnnsearch.tasks.base import CALIBRATION, Predictor, State
from rnnsearch.tasks.interface import Forecast, Interface, Table
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.forecast import entered, picked_features
from rnnsearch.tasks.series.inputs.learned import Inputs
from rnnsearch.tasks.series.transforms import restored, transformed

Feature = tuple[str, list[float], list[float]]
"""The name of a feature, and what scales it in each series: center and scale."""


def interface(manifest: Mapping[str, Any]) -> Interface:
    """What the network of a model reads and answers.

    It reads the features of `forecast.features` but for the flags of empty cells, which the cells
    themselves show; numbers of the table in its own units.
    """
    config, inputs = SeriesConfig.remembered(manifest), Inputs.of(manifest)
    centers, scales = np.array(manifest["center"]).T, np.array(manifest["scale"]).T
    columns = list(zip(config.columns, centers.tolist(), scales.tolist(), strict=True))
    features = columns[: config.measured] + _both(config, columns[config.measured :])
    flags = len(features) if config.missing == "mask" else None
    width = inputs.count(config)
    features += _fixed(config, inputs, len(centers[0])) + _both(
        config, _ahead(config, inputs, len(centers[0]))
    )
    several = len(manifest["series"]) > 1
    table = Table(
        names=tuple(name for name, _, _ in features),
        targets=len(config.targets),
        measured=config.measured,
        series=tuple(manifest["series"]) if several else (),
        center=tuple(zip(*(center for _, center, _ in features), strict=True)),
        scale=tuple(zip(*(scale for _, _, scale in features), strict=True)),
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
            table=table, rows=config.lead, whole=config.direct, quantiles=config.quantiles
        ),
        no_stream=why,
        note=" ".join(_notes(config, manifest)),
    )


def _anchor(config: SeriesConfig) -> Literal["none", "end", "row"]:
    if config.anchor == "none":
        return "none"
    return "end" if config.direct else "row"


def _both(config: SeriesConfig, known: list[Feature]) -> list[Feature]:
    """What is known ahead, `config.lead` rows later, and where that is more than one row, now."""
    rows = f"{config.lead} row{'s' * (config.lead > 1)} later"
    later = [(f"{name}, {rows}", center, scale) for name, center, scale in known]
    return later + (known if config.lead > 1 else [])


def _plain(name: str, series: int) -> Feature:
    """A feature that is read as it is."""
    return name, [0.0] * series, [1.0] * series


def _fixed(config: SeriesConfig, inputs: Inputs, series: int) -> list[Feature]:
    """The features of `InputRows.fixed`."""
    features = [
        _plain(f"{one.name} is {value!r}", series)
        for one in inputs.categories
        if one.name not in config.known
        for value in one.values
    ]
    if inputs.static is not None:
        scaler = inputs.static
        for name, center, scale in zip(
            config.static_numbers, scaler.center, scaler.scale, strict=True
        ):
            features.append((name, [center] * series, [scale] * series))
    if inputs.usual is not None:
        if config.lead == 1:
            features.append(_plain("log(1 + step since the row before / usual step)", series))
        if config.missing == "mask":
            features += [
                _plain(f"log(1 + time since {name} was measured / usual step)", series)
                for name in config.columns[: config.measured]
            ]
    return features


def _ahead(config: SeriesConfig, inputs: Inputs, series: int) -> list[Feature]:
    """The features of `InputRows.ahead`."""
    features = [
        _plain(f"{one.name} is {value!r}", series)
        for one in inputs.categories
        if one.name in config.known
        for value in one.values
    ]
    for name in config.calendar:
        features += [_plain(f"{side} of the {name}", series) for side in ("sine", "cosine")]
    if inputs.usual is not None:
        features.append(_plain("log(1 + step since the row before / usual step)", series))
    return features


def _notes(config: SeriesConfig, manifest: Mapping[str, Any]) -> Iterator[str]:
    if config.looks_ahead:
        yield f"What is known ahead is given of {config.lead} row(s) later than the row itself."
    if config.missing == "mask":
        yield "Empty cells of the measured columns are NaN."
    if len(manifest["series"]) > 1:
        yield "Series that training never saw cannot be given."
    if CALIBRATION in manifest:
        yield "Calibrated intervals are not part of it."


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
