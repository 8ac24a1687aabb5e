"""An input that alone carries what is to be forecast: without it a network does much worse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_series import write_table

from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

torch.set_num_threads(1)
ROWS = 600
DRAWN = np.random.default_rng(3)
NOISE = DRAWN.normal(0, 0.1, ROWS)
JUMPS = DRAWN.integers(1, 60, ROWS)


def calendar() -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows at odd hours, of which each hour has its level."""
    hours = np.cumsum(JUMPS)
    time = np.datetime64("2024-01-01T00") + hours
    return {"time": time, "y": 3 * np.sin(hours % 24 * np.pi / 12) + NOISE}, {"calendar": ("hour",)}


def category() -> tuple[dict[str, Any], dict[str, Any]]:
    """Weather that is drawn for each row and decides it."""
    drawn = DRAWN.integers(0, 3, ROWS)
    sky = np.array(["sun", "rain", "fog"])[drawn]
    settings = {"categories": ("sky",), "known": ("sky",)}
    return {"sky": sky, "y": np.array([2.0, -1.0, 0.0])[drawn] + NOISE}, settings


def static() -> tuple[dict[str, Any], dict[str, Any]]:
    """Series of two kinds, that turn at each row or go on; one row does not show which."""
    count, rows = 12, ROWS // 12
    turn = np.where(np.arange(count) % 2, 1.0, -1.0)
    y = np.empty((count, rows))
    y[:, 0] = DRAWN.normal(size=count)
    for row in range(1, rows):
        y[:, row] = 0.95 * turn * y[:, row - 1] + DRAWN.normal(0, 0.3, count)
    shop = np.repeat(np.arange(count), rows)
    kind = np.repeat(np.where(turn > 0, "slow", "fast"), rows)
    settings = {"categories": ("kind",), "static": ("kind",), "id": "shop", "context": 1}
    return {"shop": shop, "kind": kind, "y": y.reshape(-1)}, settings


def spacing() -> tuple[dict[str, Any], dict[str, Any]]:
    """A level that fades with the time since the row before."""
    y, gaps = np.empty(ROWS), JUMPS / 20
    y[0] = 0.0
    for row in range(1, ROWS):
        kept = np.exp(-gaps[row])
        y[row] = kept * y[row - 1] + 2 * (1 - kept) + NOISE[row] - (row % 2) * 2 * (1 - kept)
    time = np.datetime64("2024-01-01T00") + np.cumsum(JUMPS)
    return {"time": time, "y": y}, {"spacing": "given"}


def best(config: SeriesConfig, cell: str) -> float:
    """The least error of a small network in the validation part."""
    training = TrainingConfig(
        learning_rate=0.02, batch_size=16, seq_len=config.context, steps_per_epoch=40, max_epochs=8
    )
    trial = TrialConfig(
        task=config, model=ModelConfig(cell=cell, hidden_size=12), training=training, seed=1
    )
    pack = Pack({config: SeriesData.read(config)}, objective="val_mae")
    pack.add("a", trial)
    reports: list[Any] = []
    while len(reports) < training.max_epochs:
        reports += pack.train({"a": training.max_epochs}, 10.0).reports
    return min(report.metrics["val_mae"] for report in reports)


@pytest.mark.parametrize(
    ("made", "cell"),
    [(calendar, "gru"), (category, "gru"), (static, "gru"), (spacing, "gru"), (spacing, "grud")],
)
def test_dropping_an_input_hurts(tmp_path: Path, made: Any, cell: str) -> None:
    table, settings = made()
    common = {"path": write_table(tmp_path / "t.csv", ROWS, **table), "time": "time", "context": 4}
    whole = SeriesConfig(**{**common, "targets": ("y",), **settings})
    without = replace(whole, categories=(), known=(), static=(), calendar=(), spacing="even")
    assert best(whole, cell) < 0.6 * best(without, cell)
