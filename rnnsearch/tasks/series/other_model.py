"""Forecasts of a model that was trained on other rows of the same columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnnsearch.errors import ModelError
from rnnsearch.tasks.arrays import Floats, Ints
from rnnsearch.tasks.base import CALIBRATION
from rnnsearch.tasks.series.data import SeriesData

OTHER_ROWS = {
    "center",
    "scale",
    "series",
    "left_out",
    "forms",
    "step",
    "dated",
    "context",
    "scaler",
}
"""What a model remembers that may be another's: it follows from the rows of a table, or says how
many of them the model reads."""


def as_it_reads(data: SeriesData, manifest: Mapping[str, Any]) -> SeriesData:
    """A table as a model of other rows reads it: scaled by what that one has learned.

    Args:
        manifest: Of that model.

    Raises:
        ModelError: It does not know a series, or reads other columns or in another way.
    """
    now = json.loads(json.dumps(data.manifest()))
    others = manifest.keys() - OTHER_ROWS - {CALIBRATION}
    if differing := sorted(key for key in others if manifest[key] != now.get(key)):
        key = differing[0]
        raise ModelError(f"it has task.{key} {_short(manifest[key])}, not {_short(now.get(key))}")
    names = list(manifest["series"])
    if strange := [name for name in data.names if name not in names]:
        raise ModelError(f"it never saw the series {strange[0]!r}")
    rows = [names.index(name) for name in data.names]
    center = np.array(manifest["center"], np.float64)[rows]
    scale = np.array(manifest["scale"], np.float64)[rows]
    whose = data.series_of(np.arange(len(data.values)))
    scaled = np.empty_like(data.scaled)
    for at in range(scaled.shape[1]):  # memory has no room for copies of a long table
        cells = data.scaled[:, at].astype(np.float64)
        units = cells * data.scale[whose, at] + data.center[whose, at]
        moved = (units - center[whose, at]) / scale[whose, at]
        empty = np.isnan(data.values[:, at]) & (cells == 0)
        scaled[:, at] = np.where(empty, 0.0, moved)  # what is empty is read as 0 in any scale
    context = int(manifest.get("context", data.config.context))
    config = replace(data.config, context=context)
    return replace(data, config=config, center=center, scale=scale, scaled=scaled)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def in_scale_of(
    data: SeriesData, other: SeriesData, forecast: Callable[[Ints], Sequence[Floats]]
) -> Callable[[Ints], Sequence[Floats]]:
    """Forecasts in the scale of a table, of a model that gives them in that of another one."""

    def moved(origins: Ints) -> Sequence[Floats]:
        whose, count = data.series_of(origins), len(data.config.targets)
        results = []
        for scaled in forecast(origins):
            more = (np.newaxis,) * (scaled.ndim - 3)
            rows = [
                one[whose, :count][(slice(None), np.newaxis, slice(None), *more)]
                for one in (other.scale, other.center, data.scale, data.center)
            ]
            results.append((scaled * rows[0] + rows[1] - rows[3]) / rows[2])
        return results

    return moved
