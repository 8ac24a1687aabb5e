"""The example that goes with a registered model is one that the model takes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.tables import forecasts
from rnnsearch.tasks.series.use import SeriesUse
from rnnsearch.testing.tasks import networks

START = datetime(2024, 1, 20)
HOURS = [START + timedelta(hours=row) for row in range(120)]
MONTHS = [datetime(2010 + row // 12, row % 12 + 1, 1) for row in range(120)]
TIMES: dict[str, dict[str, list[Any]]] = {
    "iso": {"t": HOURS},
    "day first": {"t": [f"{time:%d.%m.%Y %H:%M}" for time in HOURS]},
    "month first": {"t": [f"{time:%m/%d/%Y %H:%M}" for time in HOURS]},
    "zoned": {"t": [f"{time.isoformat()}+02:00" for time in HOURS]},
    "fractions": {"t": [START + timedelta(milliseconds=250 * row) for row in range(120)]},
    "months": {"t": [f"{time:%Y-%m}" for time in MONTHS]},
    "compact": {"t": [f"{START + timedelta(days=row):%Y%m%d}" for row in range(120)]},
    "numbers": {"t": [1900 + row for row in range(120)]},
    "date and clock": {
        "d": [f"{time:%d-%m-%Y}" for time in HOURS],
        "c": [f"{time:%H:%M:%S}" for time in HOURS],
    },
    "parts": {
        "year": [time.year for time in HOURS],
        "month": [time.month for time in HOURS],
        "day": [time.day for time in HOURS],
        "hour": [time.hour for time in HOURS],
    },
    "none": {},
}


def table(folder: Path, name: str, **more: Any) -> tuple[SeriesData, pd.DataFrame]:
    columns = TIMES[name]
    y = 20 + np.sin(np.arange(120)) + np.random.default_rng(1).normal(size=120)
    rows = pd.DataFrame({**columns, "y": y.round(3), "k": np.arange(120) % 7})
    rows.to_csv(folder / "t.csv", index=False)
    config = SeriesConfig(
        path=str(folder / "t.csv"),
        time=tuple(columns) or None,
        targets=("y",),
        known=("k",),
        context=7,
        horizon=2,
        **more,
    )
    return SeriesData.read(config), pd.read_csv(folder / "t.csv")


@pytest.mark.parametrize("name", TIMES)
def test_an_example_is_taken_also_out_of_json(tmp_path: Path, name: str) -> None:
    data, _ = table(tmp_path, name)
    model, manifest = networks(data, 1), json.loads(json.dumps(data.manifest()))
    use = SeriesUse(ModelDescription({}, manifest))
    example = use.example()
    assert list(example.columns) == [column.name for column in use.signature().inputs]
    found = forecasts(manifest, model, example).short()
    assert list(found["step"]) == [1, 2]
    again = pd.read_json(StringIO(example.to_json(orient="split")), orient="split", dtype=False)
    pd.testing.assert_frame_equal(forecasts(manifest, model, again).short(), found)


@pytest.mark.parametrize("name", TIMES)
def test_the_training_file_is_taken_as_pandas_reads_it(tmp_path: Path, name: str) -> None:
    data, rows = table(tmp_path, name)
    model, manifest = networks(data, 1), json.loads(json.dumps(data.manifest()))
    rows["y"] = rows["y"].mask(rows.index >= 118)
    found = forecasts(manifest, model, rows).short()
    if name != "none":
        mixed = rows.sample(frac=1, random_state=1)
        pd.testing.assert_frame_equal(forecasts(manifest, model, mixed).short(), found)
    if name in ("iso", "day first", "month first", "fractions"):
        dates = rows.assign(t=TIMES["fractions" if name == "fractions" else "iso"]["t"])
        pd.testing.assert_frame_equal(forecasts(manifest, model, dates).short(), found)
        zoned = dates.assign(t=dates["t"].dt.tz_localize("Europe/Berlin"))
        pd.testing.assert_frame_equal(forecasts(manifest, model, zoned).short(), found)
        periods = dates.assign(t=dates["t"].dt.to_period("ms"))
        pd.testing.assert_frame_equal(forecasts(manifest, model, periods).short(), found)
        written = rows.assign(t=dates["t"].astype(str))
        pd.testing.assert_frame_equal(forecasts(manifest, model, written).short(), found)
