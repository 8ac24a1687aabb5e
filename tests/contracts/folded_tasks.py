"""Every task whose sequences can be in folds, small, over files that are made once."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np

from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.folds import ValidationConfig
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.sequences.config import GroupedConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.config import ValidationConfig as SeriesValidation
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig


@cache
def table() -> str:
    """62 noisy walks of 2 to 9 steps, up or down."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "walks.csv"
    draw = np.random.default_rng(1)
    rows = ["walk,a,way,end"]
    for walk in range(62):
        up = walk % 2 == 0
        steps = int(draw.integers(2, 10))
        values = np.cumsum(draw.normal(0.3 if up else -0.3, 1.0, steps))
        tail = f"{'up' if up else 'down'},{values[-1]:.3f}"
        rows += [f"w{walk},{value:.4f},{tail}" for value in values]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@cache
def panel() -> str:
    """13 noisy walks in two columns, of 14 to 25 rows, each at a level of its own."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "panel.csv"
    draw = np.random.default_rng(3)
    rows = ["walk,a,b"]
    for walk in range(13):
        values = np.cumsum(draw.normal(0.2, 1.0, (int(draw.integers(14, 26)), 2)), axis=0)
        rows += [f"w{walk},{a + 10 * walk:.4f},{b:.4f}" for a, b in values.tolist()]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


@cache
def sums() -> str:
    """40 padded sequences of 2 to 6 time steps, and whether their sum is above 0."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "sums.npz"
    draw = np.random.default_rng(4)
    parts: dict[str, Any] = {}
    for part, count in (("train", 32), ("val", 8), ("test", 6)):
        x, lengths = draw.normal(size=(count, 6, 2)), draw.integers(2, 7, count)
        totals = [one[:end].sum() for one, end in zip(x, lengths, strict=True)]
        parts |= {f"{part}_x": x, f"{part}_lengths": lengths}
        parts[f"{part}_y"] = np.where(np.array(totals) > 0, "up", "down")
    np.savez(path, **parts)
    return str(path)


@cache
def frames() -> str:
    """40 sequences of 3 to 9 frames of 4 events, and no validation part."""
    path = Path(mkdtemp(prefix="rnnsearch-folds-")) / "frames.npz"
    draw = np.random.default_rng(2)
    parts: dict[str, Any] = {}
    for part, count in (("train", 40), ("test", 5)):
        lengths = draw.integers(3, 10, count)
        parts[part] = (draw.random((lengths.sum(), 4)) < 0.3).astype(np.uint8)
        parts[f"{part}_lengths"] = lengths
    np.savez(path, **parts)
    return str(path)


COLUMNS: dict[str, Any] = {
    "path": table(),
    "id": "walk",
    "features": ("a",),
    "validation": GroupedConfig(folds=3),
}
TASKS = {
    "labels": LabelsConfig(label="way", **COLUMNS),
    "tags": TagsConfig(label="way", **COLUMNS),
    "value": ValueConfig(target="end", **COLUMNS),
    "arrays": ArraysConfig(path=sums(), validation=ValidationConfig(folds=3)),
    "series": SeriesConfig(
        path=panel(),
        id="walk",
        targets=("a", "b"),
        context=4,
        horizon=2,
        scaler="standard",
        validation=SeriesValidation(folds=3),
    ),
    "events": EventsConfig(path=frames(), validation=ValidationConfig(folds=3)),
}


def without_folds(task: Any) -> Any:
    return replace(task, validation=type(task.validation)())
