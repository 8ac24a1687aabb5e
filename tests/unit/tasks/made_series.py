"""Tables on disk, tasks on them, and models made by hand, for the tests of series."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.testing.tasks import CPU

WILD = np.random.default_rng(9).normal(5, 2, 160)


def write_table(path: Path, rows: int = 160, **columns: np.ndarray) -> str:
    """A CSV of `time` (hours) and `y`, a noisy wave, beside the given columns."""
    noise = np.random.default_rng(5).normal(0, 0.2, rows)
    cells: dict[str, Any] = {
        "time": np.datetime64("2024-01-01T00") + np.arange(rows),
        "y": 20 + 3 * np.sin(np.arange(rows) / 4) + noise,
        **columns,
    }
    lines = [",".join(cells)]
    for row in zip(*cells.values(), strict=True):
        lines.append(",".join("" if str(cell) == "nan" else str(cell) for cell in row))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


class Echo:
    """A network that answers its first input plus 1, at every row and in every output.

    It keeps all inputs in `fed`.
    """

    size = 1
    device = CPU
    dtype = torch.float64

    def __init__(self, outputs: int = 1) -> None:
        self.fed: list[Tensor] = []
        self.outputs = outputs

    def __call__(
        self,
        inputs: Tensor,
        state: tuple[Tensor, ...] | None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        self.fed.append(inputs)
        return inputs[..., :1].repeat(1, 1, 1, self.outputs) + 1, (inputs[:, :1],)


def made(tmp_path: Path, **settings: Any) -> tuple[SeriesData, SeriesTask]:
    table = settings.pop("table", {})
    path = write_table(tmp_path / "table.csv", **table)
    common: dict[str, Any] = {"path": path, "time": "time", "targets": ("y",), "context": 7}
    config = SeriesConfig(**{**common, **settings})
    data = SeriesData.read(config)
    return data, SeriesTask(config, data, CPU, torch.float64)


class Zero(Echo):
    def __call__(
        self,
        inputs: Tensor,
        state: tuple[Tensor, ...] | None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        return inputs[..., :1].repeat(1, 1, 1, self.outputs) * 0, (inputs[:, :1],)
