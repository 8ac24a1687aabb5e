"""Rows that a trained model of a table takes, made up from what it remembers of its data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from rnnsearch.tasks.series.transforms import restored


def example(manifest: Mapping[str, Any]) -> Any:
    """As many rows as a context, at each column's own level, and the horizon to predict."""
    import numpy as np
    import pandas as pd

    read = [*manifest["targets"], *manifest["past"], *manifest["known"]]
    context, horizon = manifest["context"], manifest["horizon"]
    wave = np.sin(np.arange(context + horizon))[:, None]
    cells = np.array(manifest["center"][0]) + wave * np.array(manifest["scale"][0])
    kind, count = manifest.get("transform", "none"), len(manifest["targets"])
    if kind != "none":
        cells[:, :count] = np.maximum(restored(cells[:, :count], kind), 0.0)
    table = pd.DataFrame(cells, columns=read)
    table.loc[context:, [*manifest["targets"], *manifest["past"]]] = np.nan
    for at, (name, cells) in enumerate(_times_of(manifest, len(table)).items()):
        table.insert(at, name, cells)
    if manifest["id"]:
        table.insert(0, manifest["id"], manifest["series"][0])
    return table


def _times_of(manifest: Mapping[str, Any], rows: int) -> dict[str, list[Any]]:
    """Cells of the columns that hold the time, at the usual step, as such a model reads them."""
    names = list(manifest.get("time", ()))
    if not names:
        return {}
    if not manifest["dated"]:
        step = manifest["step"] or 1
        return {name: [row * step for row in range(rows)] for name in names}
    step = timedelta(seconds=manifest["step"] or 86400)
    times = [datetime(2024, 1, 1) + row * step for row in range(rows)]
    said = manifest["forms"]["time"]
    found: dict[str, list[Any]] = {}
    for name, role, form in zip(names, said["roles"], said["forms"], strict=True):
        if role == "clock":
            found[name] = [time.time().isoformat() for time in times]
        elif role != "time":
            found[name] = [getattr(time, role) for time in times]
        else:
            alone = len(said["roles"]) == 1
            zone = "+00:00" if form["zoned"] else ""
            found[name] = [str(time if alone else time.date()) + zone for time in times]
    return found
