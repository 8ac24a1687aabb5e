"""Targets that models learn as roots or logarithms are scored, and forecast, in their own units."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_series import Zero, made

from rnnsearch.errors import DataError, ModelError
from rnnsearch.tasks.series.from_rows import forecast_rows
from rnnsearch.tasks.series.transforms import Transform, restored, transformed
from rnnsearch.testing.tasks import networks

KINDS = get_args(Transform)
COUNTS = np.random.default_rng(3).poisson(20 + 15 * np.sin(np.arange(160) / 5)).astype(float)


@given(st.lists(st.floats(0, 1e9), min_size=1), st.sampled_from(KINDS))
def test_what_is_transformed_comes_back(values: list[float], kind: Transform) -> None:
    cells = np.array(values)
    np.testing.assert_allclose(restored(transformed(cells, kind), kind), cells, 1e-9, 1e-6)


def test_empty_cells_stay_empty_and_a_root_is_never_negative() -> None:
    for kind in KINDS:
        assert np.isnan(transformed(np.array([np.nan]), kind)[0])
    assert restored(np.array([-3.0]), "sqrt1p")[0] == -1


@pytest.mark.parametrize("kind", KINDS)
def test_models_read_the_root_or_the_logarithm_and_are_scored_on_the_cells(
    tmp_path: Path, kind: Transform
) -> None:
    data, task = made(tmp_path, transform=kind, anchor="last", table={"y": COUNTS})
    train = slice(*data.bounds["train"][0])
    told = transformed(COUNTS, kind)
    scaled = (told - told[train].mean()) / told[train].std()
    np.testing.assert_allclose(data.scaled[:, 0], scaled, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        data.in_units(np.array(0), scaled[:, None])[:, 0], COUNTS, 1e-9, 1e-9
    )
    np.testing.assert_allclose(data.as_read(np.array(0), data.values)[:, 0], scaled, 1e-9, 1e-9)
    assert data.spread[0, 0] == pytest.approx(COUNTS[train].std())
    # A model that says that nothing changes repeats the cell before.
    found = task.evaluate(Zero(), "val", None)
    rows = np.arange(*data.bounds["val"][0])
    errors = COUNTS[rows] - COUNTS[rows - 1]
    assert float(found["val_rmse"]) == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-5)
    assert float(found["val_mae"]) == pytest.approx(np.abs(errors).mean(), rel=1e-5)


def test_quantiles_and_intervals_are_in_the_units_of_the_cells(tmp_path: Path) -> None:
    settings = {"quantiles": (0.1, 0.5, 0.9), "interval": 0.8, "table": {"y": COUNTS}}
    plain, _ = made(tmp_path, **settings)
    rooted, _ = made(tmp_path, transform="sqrt1p", **settings)
    before, after = (
        next(one for one in data.baselines() if one.name == "persistence").metrics
        for data in (plain, rooted)
    )
    assert after["val_rmse"] == pytest.approx(before["val_rmse"], rel=1e-5)
    # Of few errors, so that they differ; in the units of the roots they would be far smaller.
    for name in ("val_interval_width", "val_pinball"):
        assert before[name] / 3 < after[name] < 3 * before[name]


def test_values_below_zero_have_neither(tmp_path: Path) -> None:
    cells = COUNTS.copy()
    cells[17] = -2
    with pytest.raises(
        DataError, match=r"log1p is for values from 0, and 'y' is -2 in row 18"
    ) as e:
        made(tmp_path, transform="log1p", table={"y": cells})
    assert e.value.key == "task.transform"
    data, _ = made(tmp_path, transform="log1p", table={"y": COUNTS})
    with pytest.raises(ModelError, match="values below 0"):
        forecast_rows(data.manifest(), networks(data, 1), cells[None, :20, None])
