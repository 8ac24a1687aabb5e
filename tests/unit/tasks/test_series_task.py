"""Tables on a device: windows, forecasts of hand-made models, and what a trained model gives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_series import WILD, Echo, Zero, made

from rnnsearch.errors import HorizonError, ModelError
from rnnsearch.tasks.base import TaskData, Window
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.from_rows import forecast_rows
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.testing.tasks import CPU, networks

torch.set_num_threads(1)


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


@pytest.mark.parametrize("spacing", ["even", "given"])
def test_a_recursive_forecast_is_not_told_which_cells_turned_out_empty(
    tmp_path: Path, spacing: str
) -> None:
    y = WILD.copy()
    y[3::5] = np.nan
    settings = {"horizon": 4, "missing": "mask", "spacing": spacing, "table": {"y": y}}
    _, task = made(tmp_path, **settings)
    model = Echo()
    task.evaluate(model, "val", None)
    history, *later = model.fed
    assert len(later) == 3
    read = [1] if spacing == "even" else [1, 3]  # the flag, and behind the gap the age
    assert bool(history[..., read].flatten(0, -2).any(dim=0).all())
    assert not any(bool(one[..., read].any()) for one in later)


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
        {"horizon": 3, "transform": "log1p"},
        {"horizon": 3, "transform": "sqrt1p", "anchor": "last"},
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
        inside = data.in_units(np.array(0), inside)
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
    with pytest.raises(HorizonError, match="at most 1,000,000 steps"):
        forecast_rows(manifest, model, rows, 99999999999)
    rows[0, 17:, 0] = np.nan
    rows[0, 17:, 1] = np.nan
    with pytest.raises(ModelError, match="rows to predict have no value of 'k'"):
        forecast_rows(manifest, model, rows)
    rows[0, 17:, 1] = 17.0
    for hole in (12, 18):
        holed = rows.copy()
        holed[0, hole, 1] = np.nan
        with pytest.raises(ModelError, match="empty cells in 'k'"):
            forecast_rows(manifest, model, holed)
    rows[0, 12, 0] = np.inf
    with pytest.raises(ModelError, match="infinite"):
        forecast_rows(manifest, model, rows)
    rows[0, 12, 0] = np.nan
    with pytest.raises(ModelError, match="empty cells in 'y'"):
        forecast_rows(manifest, model, rows)


def test_a_series_of_a_panel_uses_its_own_scaler(tmp_path: Path) -> None:
    shop = np.arange(160) // 80
    data, _ = made(tmp_path, id="shop", table={"shop": shop, "y": 10.0 ** (1 + shop) + shop_wave()})
    model, manifest = networks(data, 1), data.manifest()
    rows = data.values[None, 90:100]
    own = forecast_rows(manifest, model, rows, series="1")
    other = forecast_rows(manifest, model, rows, series="0")
    with pytest.raises(ModelError, match="never saw the series '2'; it knows '0', '1'"):
        forecast_rows(manifest, model, rows, series="2")
    new = forecast_rows(manifest, model, rows, series="2", new_series=True)
    assert abs(own[0, 0, 0] - 100) < 20
    assert abs(new[0, 0, 0] - 100) < 20
    assert own[0, 0, 0] != other[0, 0, 0]


def shop_wave() -> np.ndarray:
    return np.sin(np.arange(160) / 4)


def test_the_picture_goes_on_from_the_validation_part(tmp_path: Path) -> None:
    data, task = made(tmp_path, known=("k",), table={"k": np.arange(160.0)}, horizon=4)
    model = Echo()
    found = task.panels(model, 5).shown[0].arrays()
    row = int(data.bounds["val"][0, 0])
    assert found["prediction"].shape == found["prediction_time"].shape == (5,)
    assert found["prediction_time"][0] == np.datetime64("2024-01-01T00") + row
    assert found["warmup"].sum() == 7
    steps = np.diff(found["prediction"])
    np.testing.assert_allclose(steps, data.scale[0, 0], rtol=1e-6)
    with pytest.raises(HorizonError, match="columns known ahead end"):
        task.panels(model, 1000)
    with pytest.raises(HorizonError, match="at least 1 step"):
        task.panels(model, 0)
    assert task.say(model).startswith("y from 2024-01-0")


def test_data_is_read_once_for_equal_settings(tmp_path: Path) -> None:
    data, _ = made(tmp_path)
    again: TaskData = SeriesData.read(replace(data.config, context=9))
    assert again.sha256() == data.sha256()
