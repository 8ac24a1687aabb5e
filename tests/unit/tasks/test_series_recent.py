"""A trained forecaster reads a DataFrame as training read its file, or says why it does not."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_series import WILD, made

from rnnsearch.errors import DataError, HorizonError, InputError, ModelError
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.from_rows import forecast_rows
from rnnsearch.tasks.series.tables import forecasts
from rnnsearch.testing.tasks import networks

COUNTS = np.arange(160) * 3 + np.random.default_rng(1).integers(0, 9, 160)
SHOPS = np.array(["007", "12"])[np.arange(160) % 2]


def frame_of(manifest: Any, model: Any, rows: Any, **more: Any) -> pd.DataFrame:
    return forecasts(manifest, model, rows, **more).short()


def single(tmp_path: Path, **settings: Any) -> tuple[SeriesData, Any, pd.DataFrame]:
    table = {"y": COUNTS, **settings.pop("table", {})}
    data, _ = made(tmp_path, table=table, **settings)
    return data, networks(data, 1), pd.read_csv(tmp_path / "table.csv")


def panel(tmp_path: Path, **more: Any) -> tuple[SeriesData, Any, pd.DataFrame]:
    times = np.datetime64("2024-01-01T00") + np.arange(160) // 2
    return single(tmp_path, id="shop", table={"time": times, "shop": SHOPS, **more})


def test_the_order_of_rows_and_columns_does_not_matter(tmp_path: Path) -> None:
    data, model, rows = single(tmp_path, targets=("y", "z"), table={"z": WILD}, horizon=3)
    manifest = data.manifest()
    values = rows[["y", "z"]].to_numpy(float)[None]
    expected = forecast_rows(manifest, model, values)[0]
    for given in (
        rows,
        rows.sample(frac=1, random_state=1)[["z", "time", "y"]].assign(extra="?"),
        rows.iloc[::-1].assign(time=lambda one: pd.to_datetime(one["time"])),
        rows.set_index("time"),
        rows.convert_dtypes(),
        rows.convert_dtypes(dtype_backend="pyarrow"),
        rows.astype({"y": "float32", "time": "category"}),
        rows.astype(str),
        rows.astype(object),
    ):
        found = frame_of(manifest, model, given)
        np.testing.assert_allclose(found[["y", "z"]].to_numpy(), expected, rtol=1e-6)
    assert list(found.columns) == ["step", "y", "z"]
    assert list(found["step"]) == [1, 2, 3]


def test_ids_that_pandas_reads_as_numbers_are_those_of_training(tmp_path: Path) -> None:
    data, model, rows = panel(tmp_path)
    assert list(data.names) == ["007", "12"]
    assert rows["shop"].dtype == np.int64
    text = pd.read_csv(tmp_path / "table.csv", dtype={"shop": str})
    expected = frame_of(data.manifest(), model, text)
    assert list(expected["shop"]) == ["007", "12"]
    for given in (rows, rows.astype({"shop": float}), rows.sample(frac=1, random_state=2)):
        found = frame_of(data.manifest(), model, given).sort_values("shop")
        pd.testing.assert_frame_equal(found.reset_index(drop=True), expected)


def test_a_number_that_may_be_two_series_is_refused(tmp_path: Path) -> None:
    data, model, rows = single(
        tmp_path, id="shop", table={"shop": np.repeat(["007", "7"], 80), "y": COUNTS}
    )
    with pytest.raises(ModelError, match=r"7 may be '007' or '7'; read it as text: read_csv"):
        frame_of(data.manifest(), model, rows)


def test_ids_may_be_an_index_truth_values_or_categories(tmp_path: Path) -> None:
    data, model, rows = panel(tmp_path, shop=np.array(["true", "false"])[np.arange(160) % 2])
    text = pd.read_csv(tmp_path / "table.csv", dtype={"shop": str})
    expected = frame_of(data.manifest(), model, text)
    assert rows["shop"].dtype == bool
    assert list(expected["shop"]) == ["true", "false"]
    for given in (
        rows,
        text.set_index(["shop", "time"]),
        text.astype({"shop": "category"}),
        rows.astype({"shop": "category"}),
    ):
        pd.testing.assert_frame_equal(frame_of(data.manifest(), model, given), expected)


def test_a_series_that_training_never_saw(tmp_path: Path) -> None:
    data, model, rows = panel(tmp_path)
    new = rows.assign(shop=rows["shop"].replace(12, 13))
    with pytest.raises(ModelError, match=r"series '13': the model never saw .* '007', '12'"):
        frame_of(data.manifest(), model, new)
    found = frame_of(data.manifest(), model, new, new_series=True)
    assert list(found["shop"]) == ["007", "13"]
    with pytest.raises(ModelError, match="Did you mean '007'"):
        frame_of(data.manifest(), model, rows.astype({"shop": str}))
    twice = pd.concat([new, new.iloc[-1:].assign(y=0)])
    with pytest.raises(ModelError, match="the model never saw the series '13'"):
        frame_of(data.manifest(), model, twice)
    with pytest.raises(ModelError, match="of the series '13' have the same 'time'"):
        frame_of(data.manifest(), model, twice, new_series=True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.drop(columns="time"), "no column 'time'; this model reads time, y"),
        (lambda rows: rows.rename(columns={"y": "Y"}), "no column 'y'.* Did you mean 'Y'"),
        (lambda rows: rows.iloc[:0], "there are no rows"),
        (lambda rows: rows.iloc[-3:], "reads the last 7 rows .* 3 were given"),
        (
            lambda rows: pd.concat([rows, rows.iloc[-1:].assign(y=0)]),
            r"rows 159 and 160 \(from 0\) have the",
        ),
        (lambda rows: rows.assign(y="many"), "column 'y': must hold numbers"),
        (lambda rows: rows.assign(y=np.inf), "infinite"),
        (lambda rows: rows.assign(time=np.arange(160)), "holds plain numbers, and in training"),
        (lambda rows: rows.assign(time="noon"), "'noon', which is no time"),
        (lambda rows: rows.assign(time=None), "no time"),
        (lambda rows: rows.iloc[::24], "rows are 1 day apart, and those of training 1 hour"),
        (lambda rows: pd.concat([rows, rows], axis=1), "2 columns 'time'|2 columns 'y'"),
        (lambda rows: rows.assign(y=rows["y"].mask(rows.index == 158)), "empty cells in 'y'"),
    ],
)
def test_rows_that_the_training_would_refuse(tmp_path: Path, change: Any, words: str) -> None:
    data, model, rows = single(tmp_path)
    with pytest.raises((ModelError, DataError), match=words):
        frame_of(data.manifest(), model, change(rows))


def test_what_is_wrong_with_several_series_is_said_at_once(tmp_path: Path) -> None:
    data, model, rows = panel(tmp_path)
    with pytest.raises(InputError, match=r"(?s)'007': .* 3 were given.*'12': .* 3 were given"):
        frame_of(data.manifest(), model, rows.iloc[:6])


def test_a_gap_between_the_rows_that_are_read_is_said(tmp_path: Path) -> None:
    data, model, rows = single(tmp_path)
    with pytest.warns(UserWarning, match="1 of the 6 steps between the rows are not the usual"):
        frame_of(data.manifest(), model, rows.drop(index=156))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame_of(data.manifest(), model, rows.drop(index=20))  # is not read


def test_what_training_takes_once_or_leaves_out_is_taken_so(tmp_path: Path) -> None:
    shop = np.where(np.arange(160) >= 150, "7", np.where(np.arange(160) % 2, "007x", "12"))
    times = np.datetime64("2024-01-01T00") + np.arange(160) // 2
    table = {"time": times, "shop": shop}
    data, model, rows = single(tmp_path, id="shop", min_rows=11, table=table)
    manifest = data.manifest()
    assert manifest["left_out"] == ["7"]
    rows["shop"] = rows["shop"].astype(str)
    kept = rows[rows["shop"] != "7"]
    expected = frame_of(manifest, model, kept)
    with pytest.warns(UserWarning, match="2 rows of the series '12' repeat another one"):
        found = frame_of(manifest, model, pd.concat([kept, kept.iloc[[-2, -4]]]))
    pd.testing.assert_frame_equal(found, expected)
    only = rows[rows["shop"] == "7"]
    with pytest.warns(UserWarning, match="training left out the series '7' .*, and so does the"):
        found = frame_of(manifest, model, rows.drop_duplicates(["shop", "time"]))
    pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(ModelError, match=r"training left out the series '7' .* With new_series"):
        frame_of(manifest, model, only.drop_duplicates("time").astype({"shop": int}))


def test_columns_known_ahead_come_with_the_rows_to_predict(tmp_path: Path) -> None:
    data, model, rows = single(tmp_path, known=("k",), table={"k": np.arange(160.0)}, horizon=3)
    ahead = rows.assign(y=rows["y"].astype(float).mask(rows.index >= 157))
    expected = forecast_rows(data.manifest(), model, ahead[["y", "k"]].to_numpy()[None])[0]
    shuffled = ahead.sample(frac=1, random_state=3)
    found = frame_of(data.manifest(), model, shuffled)
    np.testing.assert_array_equal(found[["y"]].to_numpy(), expected)
    with pytest.raises(HorizonError, match="reads k ahead: add 3 rows"):
        frame_of(data.manifest(), model, rows)
    with pytest.raises(ModelError, match="rows to predict have no value of 'k'"):
        frame_of(data.manifest(), model, ahead.assign(k=ahead["k"].mask(ahead.index > 156)))


def test_empty_ids_are_refused(tmp_path: Path) -> None:
    data, model, rows = panel(tmp_path)
    with pytest.raises(ModelError, match="keep_default_na=False"):
        frame_of(data.manifest(), model, rows.assign(shop=rows["shop"].mask(rows.index == 3)))


def test_a_model_of_an_older_version_takes_rows_as_they_stand(tmp_path: Path) -> None:
    data, model, rows = single(tmp_path)
    old = {
        key: value for key, value in data.manifest().items() if key not in ("time", "dated", "step")
    }
    expected = frame_of(data.manifest(), model, rows)
    pd.testing.assert_frame_equal(frame_of(old, model, rows[["y"]]), expected)


@pytest.mark.parametrize("cell", [None, "", "  "])
def test_rows_in_which_nothing_stands_are_left_out(tmp_path: Path, cell: str | None) -> None:
    data, model, rows = single(tmp_path)
    expected = frame_of(data.manifest(), model, rows)
    blank = pd.DataFrame([[cell] * rows.shape[1]] * 2, columns=rows.columns, dtype=object)
    given = pd.concat([rows.astype(str).iloc[:80], blank, rows.astype(str).iloc[80:]])
    pd.testing.assert_frame_equal(frame_of(data.manifest(), model, given), expected)


def test_the_manifest_of_an_older_version_takes_defaults(tmp_path: Path) -> None:
    data, model, rows = single(tmp_path)
    expected = frame_of(data.manifest(), model, rows)
    older = {key: one for key, one in data.manifest().items() if key not in ("transform", "time")}
    pd.testing.assert_frame_equal(frame_of(older, model, rows), expected)
