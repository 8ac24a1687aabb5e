"""Tables on a device: windows, forecasts of hand-made models, and what a trained model gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from contracts.tasks import CPU, TaskContract, networks
from torch import Tensor

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.base import TaskData, Window
from rnnsearch.tasks.series.config import SeriesConfig, SeriesSplitConfig, ValidationConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.tasks.series.use import forecast_rows

torch.set_num_threads(1)


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
    settings: ClassVar = {"id": "shop", "horizon": 2, "split": SeriesSplitConfig(gap=2)}


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
        "split": SeriesSplitConfig(train=0.6, val=0.2, test=0.2),
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


class Echo:
    """Predicts a change of 1 in the first feature, of every row and output."""

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


def test_one_step_errors_are_those_of_each_row_after_its_context(tmp_path: Path) -> None:
    data, task = made(tmp_path)
    model = Echo()
    found = task.evaluate(model, "val", None)
    lo, hi = data.bounds["val"][0]
    y = data.values[:, 0]
    error = y[lo - 1 : hi - 1] + data.scale[0, 0] - y[lo:hi]
    # the models' inputs are float32
    assert float(found["val_mae"]) == pytest.approx(np.abs(error).mean(), rel=1e-5)
    assert float(found["val_rmse"]) == pytest.approx(np.sqrt((error**2).mean()), rel=1e-5)
    spread = y[: data.bounds["train"][0, 1]].std()
    assert float(found["val_scaled_mse"]) == pytest.approx((error**2).mean() / spread**2, rel=1e-5)
    naive = np.abs(np.diff(y[: data.bounds["train"][0, 1]])).mean()
    assert float(found["val_mase"]) == pytest.approx(np.abs(error).mean() / naive, rel=1e-5)
    fed = torch.cat([one[0, :, :, 0] for one in model.fed], dim=1).T.numpy()
    np.testing.assert_array_equal(fed[0], data.scaled[lo - 7 : lo, 0])
    assert fed.shape == (hi - lo, 7)


def test_a_recursive_forecast_feeds_its_predictions_and_the_known_columns(tmp_path: Path) -> None:
    known = np.arange(160.0)
    data, task = made(tmp_path, table={"k": known}, known=("k",), horizon=3, stride=100)
    model = Echo()
    task.evaluate(model, "val", None)
    row = int(data.origins("val")[0])
    first, second, third = (one[0, :, 0].numpy() for one in model.fed)
    np.testing.assert_array_equal(first[:, 0], data.scaled[row - 7 : row, 0])
    np.testing.assert_array_equal(first[:, 1], data.scaled[row - 6 : row + 1, 1])
    assert second.shape == third.shape == (1, 2)
    assert second[0, 0] == first[-1, 0] + 1
    assert third[0, 0] == pytest.approx(first[-1, 0] + 2)
    assert second[0, 1] == data.scaled[row + 1, 1]
    assert third[0, 1] == data.scaled[row + 2, 1]


def test_training_sequences_stay_in_the_training_part(tmp_path: Path) -> None:
    for settings in ({}, {"order": "in_time"}, {"table": {"s": np.arange(160) // 80}, "id": "s"}):
        data, task = made(tmp_path, **settings)
        window = Window(5)
        inside = np.zeros(161, bool)
        for lo, hi in data.bounds["train"]:
            inside[lo:hi] = True
        for epoch in range(3):
            index = task.epoch_index(1, epoch, window)
            for first in index.ravel():
                assert inside[first : first + 8].all()
                assert data.series_of(np.array([first])) == data.series_of(np.array([first + 7]))


def test_an_epoch_shows_about_every_row_once(tmp_path: Path) -> None:
    data, task = made(tmp_path)
    index = task.epoch_index(1, 0, Window(3))
    assert index.size * 7 == pytest.approx(data.rows()["train"], abs=7 * 3)
    assert len(np.unique(index)) == index.size
    assert not np.array_equal(index, task.epoch_index(1, 1, Window(3)))
    assert not np.array_equal(index, task.epoch_index(2, 0, Window(3)))


def test_the_context_does_not_change_what_is_scored(tmp_path: Path) -> None:
    short, _ = made(tmp_path, context=3, horizon=2)
    long, _ = made(tmp_path, context=30, horizon=2)
    np.testing.assert_array_equal(short.origins("val"), long.origins("val"))
    np.testing.assert_array_equal(short.origins("test"), long.origins("test"))


def test_an_anchored_model_learns_changes(tmp_path: Path) -> None:
    data, task = made(tmp_path, anchor="last")
    batch = task.gather(torch.tensor([[4]]), Window(1))
    inputs, targets = batch.inputs, batch.targets
    np.testing.assert_allclose(
        targets[0, :, 0, 0], np.diff(data.scaled[4:12, 0].astype(np.float64)), atol=1e-12
    )
    np.testing.assert_array_equal(inputs[0, :, 0, 0], data.scaled[4:11, 0])


class Zero(Echo):
    def __call__(
        self,
        inputs: Tensor,
        state: tuple[Tensor, ...] | None,
        lengths: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        return inputs[..., :1].repeat(1, 1, 1, self.outputs) * 0, (inputs[:, :1],)


def test_an_anchored_model_that_says_nothing_is_persistence(tmp_path: Path) -> None:
    for horizon in (1, 3):
        data, task = made(tmp_path, anchor="last", horizon=horizon)
        found = task.evaluate(Zero(), "val", None)
        persistence = data.baselines()[0]
        assert persistence.name == "persistence"
        for name, value in found.items():
            assert float(value) == pytest.approx(persistence.metrics[name], rel=1e-6)


def test_rows_of_a_user_give_the_forecasts_of_the_evaluation(tmp_path: Path) -> None:
    cases: list[dict[str, Any]] = [
        {},
        {"horizon": 3},
        {"horizon": 3, "anchor": "last"},
        {"horizon": 3, "known": ("k",), "table": {"k": np.arange(160.0) % 5}},
        {"horizon": 3, "channels": "each", "targets": ("y", "z"), "table": {"z": WILD}},
    ]
    for settings in cases:
        data, _ = made(tmp_path, **settings)
        model = networks(data, 1)
        task32 = SeriesTask(data.config, data, CPU, torch.float32)
        origins = data.origins("val")[:2]
        inside = task32._forecast(model, origins)[0].permute(1, 0, 2).double().numpy()
        targets = len(data.config.targets)
        inside = inside * data.scale[0, :targets] + data.center[0, :targets]
        horizon = data.config.horizon
        rows = np.stack([data.values[at - 12 : at + horizon] for at in origins])
        rows[:, 12:, :targets] = np.nan
        found = forecast_rows(data.manifest(), model, rows)
        np.testing.assert_allclose(found, inside, rtol=1e-5)


def test_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    data, _ = made(tmp_path, known=("k",), table={"k": np.arange(160.0)}, horizon=3)
    model, manifest = networks(data, 1), data.manifest()
    rows = data.values[None, :20].copy()
    with pytest.raises(HorizonError, match="reads k ahead: add 3 rows"):
        forecast_rows(manifest, model, rows)
    with pytest.raises(ModelError, match="the columns y, k"):
        forecast_rows(manifest, model, rows[..., :1])
    with pytest.raises(ModelError, match="every row lacks its targets"):
        forecast_rows(manifest, model, np.full((1, 4, 2), np.nan))
    with pytest.raises(HorizonError, match="at least 1 step"):
        forecast_rows(manifest, model, rows, 0)
    rows[0, 17:, 0] = rows[0, 15, 0] = np.nan
    with pytest.raises(ModelError, match="empty cells"):
        forecast_rows(manifest, model, rows)


def test_a_series_of_a_panel_uses_its_own_scaler(tmp_path: Path) -> None:
    shop = np.arange(160) // 80
    data, _ = made(tmp_path, id="shop", table={"shop": shop, "y": 10.0 ** (1 + shop) + shop_wave()})
    model, manifest = networks(data, 1), data.manifest()
    rows = data.values[None, 90:100]
    own = forecast_rows(manifest, model, rows, series="1")
    other = forecast_rows(manifest, model, rows, series="0")
    new = forecast_rows(manifest, model, rows, series="2")
    assert abs(own[0, 0, 0] - 100) < 20
    assert abs(new[0, 0, 0] - 100) < 20
    assert own[0, 0, 0] != other[0, 0, 0]


def shop_wave() -> np.ndarray:
    return np.sin(np.arange(160) / 4)


def test_the_picture_goes_on_from_the_validation_part(tmp_path: Path) -> None:
    data, task = made(tmp_path, known=("k",), table={"k": np.arange(160.0)}, horizon=4)
    model = Echo()
    found = task.picture(model, 5)
    row = int(data.bounds["val"][0, 0])
    assert found["prediction"].shape == found["prediction_time"].shape == (5,)
    assert found["prediction_time"][0] == row
    assert found["warmup"].sum() == 7
    steps = np.diff(found["prediction"])
    np.testing.assert_allclose(steps, data.scale[0, 0], rtol=1e-6)
    with pytest.raises(HorizonError, match="columns known ahead end"):
        task.picture(model, 1000)
    with pytest.raises(HorizonError, match="at least 1 step"):
        task.picture(model, 0)
    assert task.say(model).startswith("y from 2024-01-0")


def test_data_is_read_once_for_equal_settings(tmp_path: Path) -> None:
    data, _ = made(tmp_path)
    again: TaskData = SeriesData.read(replace(data.config, context=9))
    assert again.sha256() == data.sha256()


class Counter(Echo):
    """Answers once: output o of a sequence is o, plus its last target."""

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
        task.picture(model, 5)


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


def test_a_segment_needs_its_rows(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"context": 6, "segment": 3, "strategy": "direct", "horizon": 2}
    data, _ = made(tmp_path, **settings)
    model = networks(data, 1, head="last")
    rows = data.values[None, :20]
    whole = forecast_rows(data.manifest(), model, rows[:, -3:])
    # an odd row before the segments is left out
    np.testing.assert_array_equal(forecast_rows(data.manifest(), model, rows[:, -4:]), whole)
    with pytest.raises(ModelError, match="reads 3 rows at a time; give at least so many"):
        forecast_rows(data.manifest(), model, rows[:, -2:])
