"""Tables on a device keep the contract of tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from made_series import WILD, write_table

from rnnsearch.tasks.base import Window
from rnnsearch.tasks.series.config import SeriesConfig, ValidationConfig
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.testing.tasks import TaskContract

torch.set_num_threads(1)


class SeriesContract(TaskContract):
    windows = (Window(3), Window(4, steps_per_epoch=3))
    table: ClassVar[dict[str, np.ndarray]] = {}
    settings: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(autouse=True)
    def _file(self, tmp_path: Path) -> None:
        path = write_table(tmp_path / "table.csv", **self.table)
        common = {"path": path, "time": "time", "targets": ("y",), "context": 7}
        self.config = SeriesConfig(**{**common, **self.settings})


class TestOneStepAhead(SeriesContract):
    windows = (Window(3), Window(4, seq_len=5, steps_per_epoch=3))


class TestStreams(SeriesContract):
    settings: ClassVar = {"order": "in_time", "horizon": 3, "stride": 2}


class TestTwoTargets(SeriesContract):
    table: ClassVar = {"z": np.cos(np.arange(160) / 3)}
    settings: ClassVar = {"targets": ("y", "z"), "horizon": 4, "period": 25, "scaler": "minmax"}


class TestPanel(SeriesContract):
    table: ClassVar = {"shop": np.arange(160) // 80}
    settings: ClassVar = {"id": "shop", "horizon": 2, "split": TimeSplitConfig(gap=2)}


class TestDirect(SeriesContract):
    windows = (Window(3), Window(4, seq_len=7, steps_per_epoch=3))
    table: ClassVar = {"z": np.cos(np.arange(160) / 3), "k": np.arange(160) % 9, "p": WILD}
    settings: ClassVar = {
        "targets": ("y", "z"),
        "past": ("p",),
        "known": ("k",),
        "horizon": 5,
        "strategy": "direct",
        "anchor": "last",
        "scaler": "robust",
        "stride": 3,
    }


class TestMaskedDirect(SeriesContract):
    table: ClassVar = {"z": np.where(np.arange(160) % 11 == 3, np.nan, WILD)}
    settings: ClassVar = {
        "targets": ("y", "z"),
        "horizon": 2,
        "strategy": "direct",
        "missing": "mask",
    }


class TestEach(SeriesContract):
    table: ClassVar = {
        "z": np.where(np.arange(160) % 11 == 3, np.nan, WILD),
        "k": np.arange(160) % 9,
        "p": np.where(np.arange(160) % 13 == 5, np.nan, np.cos(np.arange(160) / 3)),
    }
    settings: ClassVar = {
        "targets": ("y", "z"),
        "past": ("p",),
        "known": ("k",),
        "horizon": 2,
        "strategy": "direct",
        "channels": "each",
        "anchor": "last",
        "missing": "mask",
        "context": 6,
        "segment": 3,
    }


class TestEachRecursive(SeriesContract):
    table: ClassVar = {"z": WILD, "w": WILD[::-1]}
    settings: ClassVar = {"targets": ("y", "z", "w"), "channels": "each", "horizon": 2}


class TestQuantiles(SeriesContract):
    table: ClassVar = {"z": np.where(np.arange(160) % 11 == 3, np.nan, WILD)}
    settings: ClassVar = {
        "targets": ("y", "z"),
        "horizon": 3,
        "strategy": "direct",
        "missing": "mask",
        "anchor": "last",
        "quantiles": (0.1, 0.5, 0.9),
        "interval": 0.8,
        "split": TimeSplitConfig(train=0.6, val=0.2, test=0.2),
        "period": 4,
    }


class TestQuantilesOfEach(SeriesContract):
    table: ClassVar = {"z": WILD, "shop": np.arange(160) // 80}
    settings: ClassVar = {
        "id": "shop",
        "targets": ("y", "z"),
        "channels": "each",
        "quantiles": (0.2, 0.5, 0.8),
        "interval": 0.6,
        "validation": ValidationConfig(windows=2, stride=3),
    }


class TestIntervals(SeriesContract):
    settings: ClassVar = {"horizon": 2, "interval": 0.75}


class TestRollingOrigins(SeriesContract):
    table: ClassVar = {"z": WILD}
    settings: ClassVar = {
        "targets": ("y", "z"),
        "horizon": 4,
        "validation": ValidationConfig(windows=3, stride=5),
    }


class TestFilled(SeriesContract):
    table: ClassVar = {"z": np.where(np.arange(160) % 31 == 3, np.nan, WILD)}
    settings: ClassVar = {"targets": ("z",), "missing": "ffill", "horizon": 2}


class TestInputs(SeriesContract):
    table: ClassVar = {
        "time": np.datetime64("2024-01-01T00") + np.cumsum(np.arange(160) * 5 % 7 + 1),
        "shop": np.arange(160) // 80,
        "size": np.arange(160) // 80 * 2.0,
        "sky": np.array(["sun", "rain", "fog"])[np.arange(160) * 7 % 3],
        "z": np.where(np.arange(160) % 11 == 3, np.nan, WILD),
    }
    settings: ClassVar = {
        "id": "shop",
        "targets": ("y", "z"),
        "categories": ("sky", "shop"),
        "static": ("size",),
        "calendar": ("hour", "month"),
        "spacing": "given",
        "strategy": "direct",
        "missing": "mask",
        "horizon": 2,
    }


class TestInputsOfEach(TestInputs):
    settings: ClassVar = {**TestInputs.settings, "channels": "each", "context": 6, "segment": 3}


class TestInputsOfStreams(SeriesContract):
    table: ClassVar = {"sky": np.array(["sun", "rain", "fog"])[np.arange(160) * 7 % 3]}
    settings: ClassVar = {
        "categories": ("sky",),
        "known": ("sky",),
        "calendar": ("hour",),
        "order": "in_time",
        "horizon": 3,
    }
