"""Rows that a trained model of a table takes, made up from what it remembers of its data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.inputs.learned import Inputs
from rnnsearch.tasks.series.transforms import restored


def example(manifest: Mapping[str, Any]) -> Any:
    """A DataFrame of as many rows as a context and a horizon, at the level of each column.

    Targets and past columns of the horizon are empty: these are the rows to predict.
    """
    import numpy as np
    import pandas as pd

    config = SeriesConfig.remembered(manifest)
    wave = np.sin(np.arange(config.context + config.horizon))[:, None]
    cells = np.array(manifest["center"][0]) + wave * np.array(manifest["scale"][0])
    if config.transform != "none":
        count = len(config.targets)
        cells[:, :count] = np.maximum(restored(cells[:, :count], config.transform), 0.0)
    table = pd.DataFrame(cells, columns=list(config.columns))
    table.loc[config.context :, [*config.targets, *config.past_numbers]] = np.nan
    inputs = Inputs.of(manifest)
    for at, name in enumerate(config.static_numbers):
        assert inputs.static is not None
        table[name] = inputs.static.center[at]
    for category in inputs.categories:
        if category.name == config.id:
            continue
        table[category.name] = category.values[0]
        if category.name in config.past_categories:
            table.loc[config.context :, category.name] = None
    for at, (name, cells) in enumerate(_times_of(manifest, len(table)).items()):
        table.insert(at, name, cells)
    if manifest["id"]:
        table.insert(0, manifest["id"], manifest["series"][0])
    return table


def _times_of(manifest: Mapping[str, Any], rows: int) -> dict[str, list[Any]]:
    """Cells of the columns that hold the time, at the usual step of training, by column.

    They are written as the model reads them; a model whose data had no times has no such column.
    """
    names = list(manifest.get("time", ()))
    if not names:
        return {}
    if not manifest["dated"]:
        step = manifest["step"] or 1
        return {name: [row * step for row in range(rows)] for name in names}
    step = timedelta(seconds=manifest["step"] or 86400)
    times = [datetime(2024, 1, 1) + row * step for row in range(rows)]
    written = manifest["forms"]["time"]
    cells: dict[str, list[Any]] = {}
    for name, role, form in zip(names, written["roles"], written["forms"], strict=True):
        if role == "clock":
            cells[name] = [time.time().isoformat() for time in times]
        elif role != "time":
            cells[name] = [getattr(time, role) for time in times]
        else:
            alone = len(written["roles"]) == 1
            zone = "+00:00" if form["zoned"] else ""
            cells[name] = [str(time if alone else time.date()) + zone for time in times]
    return cells
