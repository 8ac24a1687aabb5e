"""Parquet as pandas, polars and databases write it: `init`, `check` and a model read it alike."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.trial import complete_values, task_config
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.recent import recent_rows
from rnnsearch.tasks.series.rows import given_rows

ROWS = 60
DAYS = [date(2024, 1, 1) + timedelta(days=at) for at in range(ROWS)] * 2
SHOPS = ["007"] * ROWS + ["b"] * ROWS
SALES = [at % 7 + 10 * (at // ROWS) for at in range(2 * ROWS)]
ISO = [day.isoformat() for day in DAYS]

WHEN: dict[str, Any] = {
    "date32": pa.array(DAYS, pa.date32()),
    "date64": pa.array(DAYS, pa.date64()),
    **{
        f"timestamp {unit}": pa.array(DAYS).cast(pa.timestamp(unit))
        for unit in ("s", "ms", "us", "ns")
    },
    "zoned": pa.array(DAYS).cast(pa.timestamp("us", "UTC")),
    "string": pa.array(ISO, pa.string()),
    "large": pa.array(ISO, pa.large_string()),
    "view": pa.array(ISO, pa.string_view()),
    "dictionary": pa.array(ISO).dictionary_encode(),
    "bytes": pa.array([one.encode() for one in ISO]),
    "day first": pa.array([f"{day:%d/%m/%Y}" for day in DAYS], pa.large_string()),
    "whole": pa.array([int(f"{day:%Y%m%d}") for day in DAYS]),
}
SHOP: dict[str, Any] = {
    "string": pa.array(SHOPS, pa.string()),
    "large": pa.array(SHOPS, pa.large_string()),
    "view": pa.array(SHOPS, pa.string_view()),
    "dictionary": pa.array(SHOPS, pa.large_string()).dictionary_encode(),
    "bytes": pa.array([one.encode() for one in SHOPS], pa.large_binary()),
    "whole": pa.array([int(one == "b") for one in SHOPS], pa.uint8()),
    "real": pa.array([float(one == "b") for one in SHOPS]),
    "boolean": pa.array([one == "b" for one in SHOPS]),
}
SOLD: dict[str, Any] = {
    **{str(kind): pa.array(SALES, kind) for kind in (pa.int8(), pa.uint32(), pa.int64())},
    **{str(kind): pa.array(map(float, SALES), kind) for kind in (pa.float16(), pa.float32())},
    "decimal": pa.array([Decimal(one) for one in SALES], pa.decimal128(10, 2)),
    "duration": pa.array(SALES, pa.duration("s")),
    "dictionary": pa.array(SALES).dictionary_encode(),
    "text": pa.array([f"{one},0" for one in SALES], pa.large_string()),
}


def read(path: Path) -> SeriesData:
    drafted = draft(path)
    assert drafted.problem == "", drafted
    spec = loads(drafted.yaml, name="x", directory=path.parent, check_data=False)
    config = task_config(complete_values(spec, {}))
    assert isinstance(config, SeriesConfig)
    assert (config.id, config.targets) == ("shop", ("sales",))
    return SeriesData.read(config)


@pytest.mark.parametrize(
    ("when", "shop", "sold"),
    [
        *((when, "large", "int64") for when in WHEN),
        *(("date32", shop, "int64") for shop in SHOP),
        *(("date32", "large", sold) for sold in SOLD),
    ],
)
def test_every_type_of_every_column(tmp_path: Path, when: str, shop: str, sold: str) -> None:
    table = pa.table({"day": WHEN[when], "shop": SHOP[shop], "sales": SOLD[sold]})
    path = tmp_path / "x.parquet"
    parquet.write_table(table, path)
    data = read(path)
    assert data.names in (("007", "b"), ("0", "1"), ("false", "true"))
    np.testing.assert_array_equal(data.values[:, 0], SALES)
    assert data.times is not None
    assert data.times.astype("datetime64[D]").tolist() == DAYS
    rows = recent_rows(data.manifest(), given_rows(data.config, table.to_pandas()))
    assert [own.name for own in rows] == list(data.names)
    np.testing.assert_array_equal(np.concatenate([own.values[:, 0] for own in rows]), SALES)


def test_a_date_and_a_time_of_day_that_are_typed(tmp_path: Path) -> None:
    hours = [time(at % 24, 30) for at in range(96)]
    days = [date(2024, 1, 1) + timedelta(days=at // 24) for at in range(96)]
    columns = {"Date": days, "Time": pa.array(hours, pa.time64("us")), "sales": SALES[:96]}
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({**columns, "parts": [[1]] * 96}), path)
    drafted = draft(path)
    assert drafted.problem == ""
    assert "parts: holds values of the type list" in "\n".join(drafted.remarks)
    values = loads(drafted.yaml, name="x", directory=tmp_path).values
    assert values["task.time"] == ("Date", "Time")
    config = SeriesConfig(path=str(path), time=("Date", "Time"), targets=("sales",))
    data = SeriesData.read(config)
    assert data.times is not None
    assert data.times[0] == np.datetime64("2024-01-01T00:30")
    assert set(np.diff(data.times)) == {np.timedelta64(1, "h")}
