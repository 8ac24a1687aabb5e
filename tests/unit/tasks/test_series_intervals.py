"""Quantiles, conformal intervals and rolling origins of a table, by hand and on wild tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.errors import DataError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.files.table import Table
from rnnsearch.tasks.series.config import SeriesConfig, ValidationConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.evaluation import scored
from rnnsearch.tasks.series.intervals import Calibration, calibrating, first_scored
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.tasks.splits import TimeSplitConfig
from rnnsearch.testing.tasks import CPU, networks

torch.set_num_threads(1)

NOISE = np.random.default_rng(3).normal(size=3000)


def data_of(values: np.ndarray, **given: Any) -> SeriesData:
    """One series of a column `y`, or of columns `y` and `z`."""
    values = values.reshape(len(values), -1).astype(np.float64)
    names = ("y", "z")[: values.shape[1]]
    config = SeriesConfig(**{"path": "made.csv", "targets": names, "context": 4, **given})
    ids = np.zeros(len(values), np.int32)
    return SeriesData.of(config, Table(values.copy(), None, ids, ("",), "made"))


def zero(data: SeriesData) -> Any:
    """A forecaster that predicts the mean of the training part, which is 0 in scaled units."""
    shape = data.config.horizon, len(data.config.targets)
    return lambda at: [np.zeros((len(at), *shape))]


def metrics(data: SeriesData, part: Any, forecast: Any) -> dict[str, float]:
    (found,) = scored(data, part, forecast, 1, 7)
    return found


def test_a_margin_is_the_error_of_its_rank() -> None:
    data = data_of(NOISE[:100], interval=0.8)
    calibration = Calibration(data)
    origins = calibrating(data, "test")
    assert len(origins) == data.rows()["val"] == 15
    calibration.add(origins, zero(data)(origins)[0])
    errors = np.abs(data.scaled[origins, 0])
    # ceil(16 * 0.8) = 13
    assert calibration.margins().item() == pytest.approx(np.sort(errors)[12], rel=1e-5)


def test_intervals_hold_what_they_promise_on_noise() -> None:
    for level in (0.5, 0.9):
        data = data_of(NOISE, interval=level, horizon=2)
        for part in ("val", "test"):
            found = metrics(data, part, zero(data))
            assert found[f"{part}_coverage"] == pytest.approx(level, abs=0.06)
    # 90 % of a normal distribution lies within 1.645 deviations of its mean.
    assert found["test_interval_width"] == pytest.approx(2 * 1.645, rel=0.1)


def test_the_interval_score_is_width_and_what_is_missed() -> None:
    data = data_of(NOISE[:400], interval=0.8)
    found = metrics(data, "test", zero(data))
    origins = calibrating(data, "test")
    calibration = Calibration(data)
    calibration.add(origins, zero(data)(origins)[0])
    margin = calibration.margins().item() * data.scale[0, 0]
    truth = data.values[data.origins("test"), 0] - data.center[0, 0]
    missed = np.maximum(np.abs(truth) - margin, 0)
    assert found["test_interval_width"] == pytest.approx(2 * margin)
    assert found["test_coverage"] == pytest.approx((missed == 0).mean())
    assert found["test_interval_score"] == pytest.approx(2 * margin + 10 * missed.mean())


def test_quantiles_too_wide_are_drawn_in_and_too_narrow_ones_let_out() -> None:
    data = data_of(NOISE, quantiles=(0.1, 0.5, 0.9), interval=0.8, strategy="direct")
    for guess in (0.01, 1.0, 5.0):

        def quantiles(at: np.ndarray, guess: float = guess) -> Sequence[np.ndarray]:
            return [np.tile(np.array([-guess, 0, guess]), (len(at), 1, 1, 1))]

        found = metrics(data, "test", quantiles)
        assert found["test_coverage"] == pytest.approx(0.8, abs=0.06)
        assert found["test_interval_width"] == pytest.approx(2 * 1.28, rel=0.1)


def test_a_pinball_loss_by_hand() -> None:
    data = data_of(NOISE[:200], quantiles=(0.2, 0.5, 0.9), strategy="direct")
    found = metrics(data, "test", lambda at: [np.tile(np.array([-1.0, 0, 1]), (len(at), 1, 1, 1))])
    truth = data.values[data.origins("test"), 0]
    each = []
    for level, scaled in zip((0.2, 0.5, 0.9), (-1, 0, 1), strict=True):
        error = truth - (scaled * data.scale[0, 0] + data.center[0, 0])
        each.append(np.where(error > 0, level * error, (level - 1) * error).mean())
    assert found["test_pinball"] == pytest.approx(np.mean(each))
    assert found["test_mae"] == pytest.approx(np.abs(truth - data.center[0, 0]).mean())


@settings(deadline=None, max_examples=60)
@given(
    horizon=st.integers(1, 6),
    stride=st.integers(1, 5),
    gap=st.integers(0, 4),
    windows=st.none() | st.tuples(st.integers(2, 4), st.integers(1, 8)),
    level=st.floats(0.1, 0.9),
)
def test_nothing_is_calibrated_on_what_it_is_scored_on(
    horizon: int, stride: int, gap: int, windows: tuple[int, int] | None, level: float
) -> None:
    rolling = ValidationConfig()
    if windows is not None:
        rolling = ValidationConfig(windows=windows[0], stride=windows[1])
    given = {"horizon": horizon, "stride": stride, "interval": level, "validation": rolling}
    try:
        data = data_of(NOISE[:400], split=TimeSplitConfig(gap=gap), **given)
    except DataError:
        return  # too few rows for these windows or this level
    for part in ("val", "test"):
        origins, begins = calibrating(data, part), first_scored(data, part)[0]
        assert origins[-1] + horizon - 1 < begins
        assert origins[0] >= data.bounds["val"][0, 0] >= data.bounds["train"][0, 1] + gap
        later = data.windows(part)[-1]
        assert later[-1] >= begins
    # What comes later changes nothing of the margins.
    calibration, again = Calibration(data), Calibration(data)
    origins = calibrating(data, "val")
    calibration.add(origins, zero(data)(origins)[0])
    data.values[first_scored(data, "val")[0] :] += 100
    again.add(origins, zero(data)(origins)[0])
    np.testing.assert_array_equal(calibration.margins(), again.margins())


def test_empty_cells_calibrate_nothing() -> None:
    values = NOISE[:200].copy()
    values[150:153] = np.nan
    data = data_of(values, interval=0.5, missing="mask", horizon=2)
    calibration = Calibration(data)
    origins = calibrating(data, "test")
    calibration.add(origins, zero(data)(origins)[0])
    assert np.isfinite(calibration.margins()).all()
    assert all(np.isfinite(value) for value in metrics(data, "test", zero(data)).values())


def test_rolling_windows_have_a_mean_and_a_spread() -> None:
    rolling = ValidationConfig(windows=3, stride=5)
    data = data_of(NOISE[:200], horizon=4, validation=rolling)
    end = int(data.bounds["val"][0, 1])
    assert [window.tolist() for window in data.windows("val")] == [[end - 14], [end - 9], [end - 4]]
    found = metrics(data, "val", zero(data))
    error = np.abs(data.values[:, 0] - data.center[0, 0])
    maes = [error[at : at + 4].mean() for at in (end - 14, end - 9, end - 4)]
    assert found["val_mae"] == pytest.approx(np.mean(maes))
    assert found["val_mae_spread"] == pytest.approx(np.std(maes, ddof=1))
    whole = metrics(data, "test", zero(data))
    assert "test_mae_spread" not in whole
    assert whole["test_mae"] == pytest.approx(
        np.mean([error[at : at + 4].mean() for at in data.origins("test")])
    )


def test_windows_and_intervals_that_do_not_fit() -> None:
    with pytest.raises(DataError, match="4 windows 9 rows apart and a horizon of 2: it needs 29"):
        data_of(NOISE[:100], horizon=2, validation=ValidationConfig(windows=4, stride=9))
    with pytest.raises(DataError, match=r"at least 9 forecasts .* not 7: give a larger"):
        data_of(NOISE[:100], interval=0.9)
    values = NOISE[:100].copy()
    values[80:85] = np.nan
    rolling = ValidationConfig(windows=2, stride=5)
    with pytest.raises(DataError, match=r"window 2 of task\.validation has no value"):
        data_of(values, horizon=2, missing="mask", validation=rolling)


def test_quantiles_of_a_network_rise_and_are_learned_side_by_side() -> None:
    both = np.stack([NOISE[:200], np.cumsum(NOISE[:200])], axis=1)
    data = data_of(
        both,
        horizon=3,
        strategy="direct",
        quantiles=(0.1, 0.5, 0.7),
        channels="each",
        anchor="last",
    )
    assert data.losses == ("quantile",)
    assert data.output_size == 3 * 3
    task = SeriesTask(data.config, data, CPU, torch.float32)
    found = task._forecast(networks(data, 2, head="last"), data.origins("val")[:5])
    assert found.shape == (2, 3, 5, 2, 3)
    assert bool((found.diff(dim=-1) >= 0).all())
    batch = task.gather(torch.zeros(1, 2, dtype=torch.int64), Window(2))
    assert batch.targets.shape == (1, 1, 2, 3)


def test_quantiles_of_a_rival_are_those_of_its_errors() -> None:
    data = data_of(NOISE, quantiles=(0.1, 0.5, 0.9), interval=0.8, strategy="direct")
    plain = data_of(NOISE, strategy="direct")
    for rival, alone in zip(data.baselines(), plain.baselines(), strict=True):
        assert rival.metrics["test_mae"] == pytest.approx(alone.metrics["test_mae"])
        assert rival.metrics["test_coverage"] == pytest.approx(0.8, abs=0.06)
    linear = data.baselines()[-1].metrics
    assert linear["test_interval_width"] == pytest.approx(2 * 1.28, rel=0.1)
