"""What is drawn of a forecaster: each target of each series, on its dates, with its interval."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_series import WILD, Echo, Zero, made

from rnnsearch.errors import HorizonError
from rnnsearch.tasks.pictures import Panelled
from rnnsearch.tasks.splits import TimeSplitConfig

OTHER = {"z": np.cos(np.arange(160) / 3)}


def test_an_interval_is_as_wide_as_its_metric_says(tmp_path: Path) -> None:
    settings = {"horizon": 3, "interval": 0.6, "table": OTHER, "targets": ("y", "z")}
    data, task = made(tmp_path, **settings)
    assert isinstance(task, Panelled)
    wide = [panel.high - panel.low for panel in task.panels(Zero(2)).shown]
    found = task.evaluate(Zero(2), "val", None)
    assert np.mean(wide) == pytest.approx(float(found["val_interval_width"]))
    panel = task.panels(Zero(2)).shown[0]
    assert panel.band == "interval of 60%"
    lo, hi = data.bounds["val"][0]
    assert panel.prediction_time[0] == np.datetime64("2024-01-01T00") + (lo + hi) // 2


def test_beyond_the_horizon_no_error_was_measured(tmp_path: Path) -> None:
    _, task = made(tmp_path, horizon=3, interval=0.6)
    panel = task.panels(Zero(), 5).shown[0]
    assert np.isnan(panel.high).tolist() == [False] * 3 + [True] * 2


def test_quantiles_without_a_level_show_their_ends(tmp_path: Path) -> None:
    _, task = made(tmp_path, horizon=2, strategy="direct", quantiles=(0.1, 0.5, 0.9))
    panel = task.panels(Echo(6)).shown[0]
    assert panel.band == "quantiles 0.1 to 0.9"
    assert panel.low is not None


def test_every_target_of_every_series_has_its_panel(tmp_path: Path) -> None:
    table = {"shop": np.arange(160) // 80, **OTHER}
    data, task = made(tmp_path, id="shop", table=table, targets=("y", "z"), horizon=2)
    found = task.panels(Echo(2))
    assert [panel.name for panel in found.shown] == [
        f"{target}, shop {shop}" for shop in (0, 1) for target in "yz"
    ]
    assert [panel.up for panel in found.shown] == ["y", "z", "y", "z"]
    assert found.more == ""
    for at, panel in enumerate(found.shown):
        row = int(data.bounds["val"][at // 2, 0])
        assert panel.truth[panel.warmup].tolist() == data.values[row - 7 : row, at % 2].tolist()
        assert panel.truth[~panel.warmup].tolist() == data.values[row : row + 2, at % 2].tolist()


def test_of_many_series_some_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    table = {"shop": np.arange(160) // 8, **OTHER}
    _, task = made(
        *(tmp_path,),
        id="shop",
        table=table,
        targets=("y", "z"),
        context=2,
        split=TimeSplitConfig(train=0.5, val=0.25, test=0.25),
    )
    found = task.panels(Echo(2))
    assert len(found.shown) == 12
    assert found.more == "6 of 20 series"


def test_rows_behind_the_file_have_dates_too(tmp_path: Path) -> None:
    months = np.array("1990-01", "datetime64[M]") + np.arange(160)
    _, task = made(tmp_path, table={"time": months.astype("datetime64[D]")})
    panel = task.panels(Echo(), 60).shown[0]
    starts = panel.prediction_time.astype("datetime64[M]")
    assert (panel.prediction_time == starts.astype("datetime64[D]")).all(), "firsts of months"
    assert (np.diff(starts).astype(int) == 1).all()
    _, hourly = made(tmp_path)
    later = hourly.panels(Echo(), 60).shown[0].prediction_time
    assert (np.diff(later) == np.timedelta64(1, "h")).all()


def test_without_a_time_rows_are_counted_from_one(tmp_path: Path) -> None:
    data, task = made(tmp_path, time=None, table={"p": WILD})
    panel = task.panels(Echo(), 60).shown[0]
    assert panel.along == "row"
    assert panel.prediction_time[0] == data.bounds["val"][0, 0] + 1
    assert (np.diff(panel.prediction_time) == 1).all()


def test_each_series_must_reach_that_far(tmp_path: Path) -> None:
    table = {"shop": np.arange(160) // 80, "k": np.arange(160.0)}
    _, task = made(tmp_path, id="shop", table=table, known=("k",), horizon=2)
    with pytest.raises(HorizonError, match="at most 24 steps"):
        task.panels(Echo(), 25)
