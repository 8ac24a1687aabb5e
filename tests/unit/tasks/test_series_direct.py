"""Direct forecasts of tables: one answer for all rows ahead, segments, a network of each target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_series import WILD, Echo, Zero, made
from torch import Tensor

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.series.from_rows import forecast_rows
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.testing.tasks import CPU, networks

torch.set_num_threads(1)


class Counter(Echo):
    """A direct forecaster: output number o of a sequence is its last target plus o."""

    def __call__(
        self,
        inputs: Tensor,
        state: tuple[Tensor, ...] | None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        self.fed.append(inputs)
        return inputs[:, -1:, :, :1] + torch.arange(self.outputs), (inputs[:, :1],)


def test_a_direct_model_answers_row_by_row_target_by_target(tmp_path: Path) -> None:
    known = np.arange(160.0)
    table = {"z": WILD, "k": known}
    settings: dict[str, Any] = {"targets": ("y", "z"), "known": ("k",), "horizon": 3}
    data, task = made(tmp_path, table=table, strategy="direct", stride=100, **settings)
    model = Counter(6)
    origin = data.origins("val")
    row = int(origin[0])
    found = task._forecast(model, origin)[0, :, 0].numpy()
    last = data.scaled[row - 1, 0]
    np.testing.assert_allclose(found, last + np.arange(6).reshape(3, 2))
    (fed,) = model.fed
    scaled = data.scaled[:, 2]
    np.testing.assert_array_equal(fed[0, :, 0, 2], scaled[row - 4 : row + 3])  # known ahead
    np.testing.assert_array_equal(fed[0, :, 0, 3], scaled[row - 7 : row])
    batch = task.gather(torch.tensor([[row - 7]]), Window(1))
    np.testing.assert_array_equal(batch.inputs[0], fed[0])
    np.testing.assert_array_equal(
        batch.targets[0, 0, 0].reshape(3, 2), data.scaled[row : row + 3, :2]
    )


def test_an_anchored_direct_model_that_says_nothing_is_persistence(tmp_path: Path) -> None:
    data, task = made(tmp_path, anchor="last", horizon=3, strategy="direct")

    class Still(Zero):
        def __call__(
            self,
            inputs: Tensor,
            state: tuple[Tensor, ...] | None,
            lengths: Tensor | None = None,
        ) -> tuple[Tensor, tuple[Tensor, ...]]:
            assert float(inputs[0, -1].abs().max()) == 0
            return super().__call__(inputs[:, -1:], state, lengths)

    found = task.evaluate(Still(3), "val", None)
    persistence = data.baselines()[0].metrics
    for name, value in found.items():
        assert float(value) == pytest.approx(persistence[name], rel=1e-6)


def test_a_direct_model_of_a_user(tmp_path: Path) -> None:
    table = {"p": WILD, "k": np.arange(160.0) % 5}
    settings: dict[str, Any] = {"past": ("p",), "known": ("k",), "anchor": "last"}
    data, _ = made(tmp_path, table=table, horizon=4, strategy="direct", **settings)
    task = SeriesTask(data.config, data, CPU, torch.float32)
    model = networks(data, 1, head="last")
    origins = data.origins("val")[:2]
    inside = task._forecast(model, origins)[0].permute(1, 0, 2).double().numpy()
    inside = inside * data.scale[0, :1] + data.center[0, :1]
    rows = np.stack([data.values[at - 12 : at + 4] for at in origins])
    rows[:, 12:, :2] = np.nan
    np.testing.assert_allclose(forecast_rows(data.manifest(), model, rows), inside, rtol=1e-5)
    np.testing.assert_allclose(forecast_rows(data.manifest(), model, rows, 2), inside[:, :2])
    with pytest.raises(HorizonError, match="4 rows at once, not 5"):
        forecast_rows(data.manifest(), model, rows, 5)
    with pytest.raises(HorizonError, match="at most 4"):
        task.panels(model, 5)


def test_a_step_reads_a_segment_of_changes(tmp_path: Path) -> None:
    table = {"z": WILD}
    settings: dict[str, Any] = {"targets": ("y", "z"), "context": 6, "segment": 3, "horizon": 2}
    data, task = made(tmp_path, table=table, strategy="direct", anchor="last", **settings)
    batch = task.gather(torch.tensor([[4]]), Window(1))
    change = data.scaled[4:12].astype(np.float64) - data.scaled[9]
    np.testing.assert_allclose(batch.inputs[0, :, 0], change[:6].reshape(2, 6), atol=1e-12)
    np.testing.assert_allclose(batch.targets[0, 0, 0], change[6:].ravel(), atol=1e-12)
    assert data.seq_len(Window(1)) == 2
    assert data.input_size == 6


def test_a_network_of_each_target_reads_it_alone_with_the_common_columns(tmp_path: Path) -> None:
    table = {"z": WILD, "p": WILD[::-1], "k": np.arange(160.0)}
    settings: dict[str, Any] = {"targets": ("y", "z"), "past": ("p",), "known": ("k",)}
    data, task = made(
        tmp_path, table=table, channels="each", strategy="direct", horizon=3, stride=100, **settings
    )
    batch = task.gather(torch.tensor([[2 * 4 + 1]]), Window(1))  # the second target, from row 4
    scaled = data.scaled
    read = np.stack([scaled[4:11, 1], scaled[4:11, 2], scaled[7:14, 3], scaled[4:11, 3]], axis=1)
    np.testing.assert_array_equal(batch.inputs[0, :, 0], read)
    np.testing.assert_array_equal(batch.targets[0, 0, 0], scaled[11:14, 1])
    origin = data.origins("val")
    row = int(origin[0])
    found = task._forecast(Counter(3), origin)[0, :, 0].numpy()
    np.testing.assert_allclose(found, scaled[row - 1, :2] + np.arange(3)[:, None])


def test_an_epoch_of_each_target_shows_every_window_of_every_target_once(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"targets": ("y", "z"), "table": {"z": WILD}, "strategy": "direct"}
    data, task = made(tmp_path, channels="each", **settings)
    index = task.epoch_index(1, 0, Window(1))
    windows = len(data.starts_of_windows(Window(1)))
    np.testing.assert_array_equal(np.sort(index.ravel()), np.arange(2 * windows))


def test_a_forecast_needs_the_rows_of_its_context(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"context": 6, "segment": 3, "strategy": "direct", "horizon": 2}
    data, _ = made(tmp_path, **settings)
    model = networks(data, 1, head="last")
    rows = data.values[None, :20]
    whole = forecast_rows(data.manifest(), model, rows)
    np.testing.assert_array_equal(forecast_rows(data.manifest(), model, rows[:, -6:]), whole)
    with pytest.raises(ModelError, match=r"reads the last 6 rows .* 5 were given; give at least 6"):
        forecast_rows(data.manifest(), model, rows[:, -5:])
