"""Puts the benchmarks on the import path, and makes a small table by hand."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmark"
sys.path.insert(0, str(BENCHMARKS))

SPACE = """
task: {type: sine}
model:
  cell: {choice: [rnn, lstm]}
  hidden_size: {logint: [4, 32]}
training: {max_epochs: 9, learning_rate: {loguniform: [1e-4, 1e-1]}}
search: {metric: val_mse}
"""


@pytest.fixture(scope="module")
def small() -> Any:
    """A table of 40 rows whose curves fall towards a value that the learning rate decides.

    Every tenth row has three seeds, and row 7 diverges after its fourth epoch.
    """
    from table.reading import Table, Training

    from rnnsearch.space.load import loads

    spec = loads(SPACE, name="small", directory=BENCHMARKS)
    params: list[dict[str, Any]] = []
    trainings: dict[int, list[Training]] = {}
    for row in range(40):
        rate = 10 ** (-4 + 3 * ((row * 7) % 40) / 39)
        cell = "lstm" if row % 2 else "rnn"
        params.append(
            {"model.cell": cell, "model.hidden_size": 4 + row % 29, "training.learning_rate": rate}
        )
        floor = 0.1 + abs(math.log10(rate) + 2.02)
        epochs = 4 if row == 7 else 9
        trainings[row] = [
            Training(
                tuple(floor + (1 + seed) / epoch for epoch in range(1, epochs + 1)),
                tuple(floor + 0.1 + (1 + seed) / epoch for epoch in range(1, epochs + 1)),
                tuple(0.5 + row / 40 for _ in range(epochs)),
                9,
            )
            for seed in range(1 if row % 10 else 3)
        ]
    return Table("small", spec, params, trainings, {})


@pytest.fixture(scope="module")
def ours() -> Callable[..., Any]:
    """Replays a search of ours on a table."""
    from table.contenders import our
    from table.course import Size

    def replay(table: Any, sampler: str, rule: str, *, workers: int = 2, seed: int = 0) -> Any:
        return our(sampler, rule)(table, Size(25, workers), seed)

    return replay
