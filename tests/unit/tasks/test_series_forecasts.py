"""Forecasts after the end of a file: each series' next rows, dated, beside what a model knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_series import WILD, made

from rnnsearch.errors import DataError, HorizonError, ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.from_rows import ahead, forecast_rows
from rnnsearch.tasks.series.tables import forecasts
from rnnsearch.tasks.series.use import SeriesUse
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.testing.tasks import networks
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.trained import TrainedModel
from rnnsearch.training.weights import Weights

Z = np.random.default_rng(2).normal(size=160)


def model_of(tmp_path: Path, **settings: Any) -> tuple[SeriesData, Any, Path]:
    data, _ = made(tmp_path, **settings)
    return data, networks(data, 1), tmp_path / "table.csv"


def dated(data: SeriesData, model: Any, source: Any, **more: Any) -> pd.DataFrame:
    return forecasts(data.manifest(), model, source, **more).dated()


def test_the_next_rows_of_a_file_are_those_of_its_values(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, targets=("y", "z"), table={"z": WILD}, horizon=3)
    found = dated(data, model, path)
    expected = forecast_rows(data.manifest(), model, data.values[None])[0]
    np.testing.assert_array_equal(found[["y", "z"]].to_numpy(), expected)
    assert list(found.columns) == ["time", "y", "z"]
    assert list(found["time"]) == ["2024-01-07T16", "2024-01-07T17", "2024-01-07T18"]
    pd.testing.assert_frame_equal(dated(data, model, pd.read_csv(path)), found)
    frame = pd.read_csv(path, parse_dates=["time"])
    assert dated(data, model, frame)["time"].iloc[0] == pd.Timestamp("2024-01-07T16")
    frame.to_parquet(tmp_path / "t.parquet")
    again = dated(data, model, tmp_path / "t.parquet")
    np.testing.assert_array_equal(again[["y", "z"]].to_numpy(), expected)


def test_a_forecast_appended_to_its_file_is_read_and_gone_on_from(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, horizon=3)
    found = dated(data, model, path)
    both = tmp_path / "both.csv"
    both.write_text(path.read_text() + found.to_csv(index=False, header=False))
    again = dated(data, model, both)
    whole = np.concatenate([data.values, found[["y"]].to_numpy()])
    expected = forecast_rows(data.manifest(), model, whole[None])[0]
    np.testing.assert_array_equal(again[["y"]].to_numpy(), expected)
    assert next(iter(again["time"])) == "2024-01-07T19"


@pytest.mark.parametrize("sep", [";", "\t", ","])
def test_a_forecast_is_written_with_the_signs_of_its_file(tmp_path: Path, sep: str) -> None:
    made(tmp_path)
    rows = pd.read_csv(tmp_path / "table.csv")
    path = tmp_path / "umsatz.csv"
    rows.to_csv(path, sep=sep, decimal=",", index=False)
    data = SeriesData.read(SeriesConfig(path=str(path), time="time", targets=("y",), context=7))
    model, manifest = networks(data, 1), data.manifest()
    use = SeriesUse(ModelDescription({}, manifest))
    found = use.predictions(model, path, {}, lambda: None)  # type: ignore[arg-type, return-value]
    text = found.to_csv(index=False, header=False, **found.attrs["csv"])
    both = tmp_path / "both.csv"
    both.write_text(path.read_text() + text)
    again = SeriesData.read(SeriesConfig(path=str(both), time="time", targets=("y",), context=7))
    np.testing.assert_allclose(again.values[-1], found["y"])
    assert len(again.values) == 161
    frame = use.predictions(model, rows.assign(y=rows["y"]), {}, lambda: None)  # type: ignore[arg-type, return-value]
    assert "csv" not in frame.attrs


def test_every_series_of_a_panel_goes_on_from_its_own_end(tmp_path: Path) -> None:
    shop = np.array(["007", "12"])[np.arange(160) % 2]
    times = np.datetime64("2024-01-01T00") + np.arange(160) // 2
    data, model, path = model_of(
        tmp_path, id="shop", horizon=2, table={"time": times, "shop": shop}
    )
    lines = path.read_text().splitlines()
    del lines[-1]  # the last row of 12
    path.write_text("\n".join(lines))
    found = dated(data, model, path)
    assert list(found.columns) == ["shop", "time", "y"]
    assert list(found["shop"]) == ["007", "007", "12", "12"]
    ends = ["2024-01-04T08", "2024-01-04T09", "2024-01-04T07", "2024-01-04T08"]
    assert list(found["time"]) == ends
    rows = pd.read_csv(path, dtype={"shop": str})
    for name, one in found.groupby("shop"):
        values = rows[rows["shop"] == name][["y"]].to_numpy()
        expected = forecast_rows(data.manifest(), model, values[None], None, name)[0]
        np.testing.assert_array_equal(one[["y"]].to_numpy(), expected)


def test_rows_to_come_bring_their_known_columns_and_their_times(tmp_path: Path) -> None:
    data, model, path = model_of(
        tmp_path, known=("k",), table={"k": np.arange(160.0) % 7}, horizon=3
    )
    with pytest.raises(HorizonError, match="reads k ahead: add 3 rows with these columns"):
        dated(data, model, path)
    new = tmp_path / "new.csv"
    rows = [f"2024-01-07T{hour},,{hour % 7}" for hour in (16, 17, 18, 19)]
    new.write_text(path.read_text() + "\n".join(rows))
    found = dated(data, model, new)
    later = [[np.nan, hour % 7] for hour in (16, 17, 18, 19)]
    whole = np.concatenate([data.values, np.array(later)])
    expected = forecast_rows(data.manifest(), model, whole[None])[0]
    np.testing.assert_array_equal(found[["y"]].to_numpy(), expected)
    assert list(found["time"]) == ["2024-01-07T16", "2024-01-07T17", "2024-01-07T18"]
    new.write_text(path.read_text() + "\n".join(rows[:2]))
    with pytest.raises(HorizonError, match=r"add 3 rows .* not 2"):
        dated(data, model, new)
    new.write_text(path.read_text().replace("k", "h", 1))
    with pytest.raises(DataError, match=r"new.csv has no column 'k'; this model reads time, y, k"):
        dated(data, model, new)


def test_dates_are_read_and_written_as_those_of_training(tmp_path: Path) -> None:
    days = [f"{day:02d}/{month:02d}/2024" for month in (1, 2, 3, 4) for day in range(1, 13)]
    stamps = [f"{day} {hour:02d}:00" for day in days[:7] for hour in range(24)][:160]
    cells = np.array([stamp.replace("/01/", "/03/") for stamp in stamps])
    data, model, path = model_of(tmp_path, date_format="dmy", table={"time": cells}, horizon=2)
    found = dated(data, model, path)
    assert list(found["time"]) == ["07/03/2024 16:00", "07/03/2024 17:00"]
    # By its own cells this file leaves open which is the day.
    assert SeriesData.read(data.config).times[-1] == np.datetime64("2024-03-07T15")  # type: ignore[index]
    new = tmp_path / "new.csv"
    lines = path.read_text().splitlines()
    new.write_text("\n".join([*lines, "2024-03-07 16:00,1"]))
    with pytest.raises(DataError, match=r"new.csv:162: the column 'time': '2024-03-07 16:00'"):
        dated(data, model, new)


def test_a_gap_is_said_and_the_step_stays(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, horizon=2)
    lines = path.read_text().splitlines()
    del lines[-4]
    path.write_text("\n".join(lines))
    with pytest.warns(UserWarning, match="1 of the 6 steps between the rows are not the usual"):
        found = dated(data, model, path)
    assert list(found["time"]) == ["2024-01-07T16", "2024-01-07T17"]


def test_rows_without_a_time_have_their_steps(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, time=None, horizon=2)
    found = dated(data, model, path)
    assert list(found.columns) == ["step", "y"]
    assert list(found["step"]) == [1, 2]


def test_uneven_rows_are_said_to_be_dated_by_a_guess(tmp_path: Path) -> None:
    times = np.cumsum(np.arange(160) % 5 + 1)
    data, model, path = model_of(tmp_path, table={"time": times}, horizon=2)
    with pytest.warns(UserWarning, match="are not evenly spaced; the forecast is dated at"):
        found = dated(data, model, path)
    assert list(found["time"]) == [times[-1] + 3, times[-1] + 6]


def test_quantiles_stand_beside_their_median(tmp_path: Path) -> None:
    data, model, path = model_of(
        tmp_path,
        horizon=3,
        strategy="direct",
        quantiles=(0.1, 0.5, 0.9),
        targets=("y", "z"),
        table={"z": Z},
    )
    found = dated(data, model, path)
    assert list(found.columns) == ["time", "y", "z", "y_q0.1", "y_q0.9", "z_q0.1", "z_q0.9"]
    whole = ahead(data.manifest(), model, data.values[None])
    for at, kind in ((0, "_q0.1"), (1, ""), (2, "_q0.9")):
        values = whole.in_units(whole.scaled[..., at])[0]
        np.testing.assert_array_equal(found[[f"y{kind}", f"z{kind}"]].to_numpy(), values)
    assert (found["z_q0.1"] <= found["z"]).all()


def test_margins_make_an_interval_as_far_as_they_reach(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, horizon=2)
    calibration = {"interval": 0.8, "margins": [[[0.5], [1.0]]]}
    kept = {**data.manifest(), "calibration": calibration}
    found = forecasts(kept, model, path, 3).dated()
    assert list(found.columns) == ["time", "y", "y_low", "y_high"]
    wide = (found["y_high"] - found["y_low"]) / data.scale[0, 0]
    assert wide.to_numpy() == pytest.approx([1.0, 2.0, np.nan], nan_ok=True)
    assert (found["y_high"] + found["y_low"])[:2].to_numpy() / 2 == pytest.approx(found["y"][:2])


def test_a_model_that_knows_its_errors_gives_intervals(tmp_path: Path) -> None:
    split = TimeSplitConfig(train=0.5, val=0.3, test=0.2)
    data, _ = made(tmp_path, horizon=2, interval=0.8, split=split)
    model_config = ModelConfig(hidden_size=4)
    config = TrialConfig(task=data.config, model=model_config, training=TrainingConfig(), seed=1)
    weights = initial_weights(model_config, 1, 1, False, 0)
    arrays = {name: weight.numpy() for name, weight in weights.items()}
    model = TrainedModel.from_weights(config, Weights(arrays, 1, {}), data)
    assert list(model.predictions().columns) == ["time", "y"]
    knowing = model.calibrated(data)
    assert knowing is not None
    knowing.save(tmp_path / "model")
    again = TrainedModel.load(tmp_path / "model")
    found = again.predictions(steps=3)
    assert list(found.columns) == ["time", "y", "y_low", "y_high"]
    metrics = again.evaluate("test", data)
    width = (found["y_high"] - found["y_low"]).to_numpy()
    assert width[:2].mean() == pytest.approx(metrics["test_interval_width"], rel=1e-5)
    assert np.isnan(width[2])
    without, _ = made(tmp_path, horizon=2, split=split)
    config = replace(config, task=without.config)
    plain = TrainedModel.from_weights(config, Weights(arrays, 1, {}), without)
    assert plain.calibrated(without) is None


def test_the_registered_model_gives_the_new_columns_behind_the_old_ones(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, horizon=2)
    use = SeriesUse(ModelDescription({"path": str(path)}, data.manifest(), 1, 1))
    rows = pd.read_csv(path)
    assert list(use.served(model, rows, {}).columns) == ["step", "y"]
    full = use.served(model, rows, {"all_columns": True})
    assert list(full.columns) == ["step", "y", "time"]
    named = [column.name for column in use.signature().outputs]  # type: ignore[union-attr]
    assert named == ["step", "y", "time", "note"]
    assert not use.signature().outputs[-1].required  # type: ignore[union-attr]
    own = use.predictions(model, None, {}, lambda: None)  # type: ignore[arg-type, return-value]
    pd.testing.assert_frame_equal(own[["y"]], full[["y"]])
    gone = SeriesUse(ModelDescription({"path": "nowhere.csv"}, data.manifest(), 1, 1))
    with pytest.raises(ModelError, match=r"nowhere.csv, is not here; give a file"):
        gone.predictions(model, None, {}, lambda: None)  # type: ignore[arg-type, return-value]


def test_a_column_that_is_called_step_keeps_its_meaning(tmp_path: Path) -> None:
    data, model, path = model_of(tmp_path, time="step", table={"step": np.arange(160)}, horizon=2)
    found = forecasts(data.manifest(), model, path)
    assert found.dated().to_dict("list")["step"] == [160, 161]
    assert found.full().to_dict("list")["step"] == [1, 2]
