"""Inputs of a table beside its columns of numbers: the calendar, categories, statics, spacing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from made_series import WILD, Echo, made

from rnnsearch.errors import DataError, HorizonError, ModelError
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.series.data import SeriesData
from rnnsearch.tasks.series.from_rows import forecast_rows
from rnnsearch.tasks.series.inputs.calendar import calendar_inputs
from rnnsearch.tasks.series.inputs.categories import MOST_VALUES, Category
from rnnsearch.tasks.series.problems import problems
from rnnsearch.tasks.series.tables import forecasts
from rnnsearch.tasks.series.task import SeriesTask
from rnnsearch.tasks.series.use import SeriesUse
from rnnsearch.testing.tasks import CPU, networks

SKY = np.array(["sun", "rain", "fog"])[np.arange(160) * 7 % 3]
SHOP = np.array(["a", "b"])[np.arange(160) // 80]
KIND = np.array(["big", "small"])[np.arange(160) // 80]
SIZE = np.array([3.0, 5.0])[np.arange(160) // 80]
UNEVEN = np.datetime64("2024-01-01T00") + np.cumsum(np.arange(160) * 5 % 7 + 1)


def test_the_calendar_is_points_on_circles() -> None:
    at = np.array(["2024-01-01T00:00", "2024-01-01T06:30", "2024-07-01T12:00"], "datetime64[m]")
    sine, cosine = np.sin, np.cos
    for name, turns in {
        "minute": [0, 0.5, 0],
        "hour": [0, 6.5 / 24, 0.5],
        "weekday": [0, 0, 0],  # three Mondays
        "month": [0, 0, 0.5],
        "monthday": [0, 0, 0],
        "yearday": [0, 0, 182 / 366],
    }.items():
        angles = 2 * np.pi * np.array(turns)
        expected = np.stack([sine(angles), cosine(angles)], 1)
        np.testing.assert_allclose(calendar_inputs([name], at), expected, atol=1e-6)
    sunday = np.array(["1969-12-28"], "datetime64[D]")
    expected = [[sine(12 * np.pi / 7), cosine(12 * np.pi / 7)]]
    np.testing.assert_allclose(calendar_inputs(["weekday"], sunday), expected, atol=1e-6)


def test_a_category_has_an_input_a_value_and_what_is_new_is_the_mean() -> None:
    values = ("x", "y", "z")
    category = Category.fit("k", values, np.array([0, 0, 2, 0]))
    assert category.values == ("x", "z")
    given = category.numbers(["z", "y", "x", "new"])
    expected = [[0, 1], [0.75, 0.25], [1, 0], [0.75, 0.25]]
    np.testing.assert_array_equal(category.inputs(given), expected)
    assert Category.from_json(json.loads(json.dumps(category.to_json()))) == category
    many = [f"{at:04}" for at in range(3 * MOST_VALUES)]
    codes = np.concatenate([np.arange(len(many)), np.arange(100, 100 + MOST_VALUES)])
    assert Category.fit("k", many, codes).values == tuple(many[100 : 100 + MOST_VALUES])


def test_what_is_known_ahead_stands_beside_the_row_before(tmp_path: Path) -> None:
    data, task = made(
        tmp_path, calendar=("hour",), categories=("sky",), known=("sky",), table={"sky": SKY}
    )
    assert data.input_size == 1 + 2 + 3
    read = task._features.numpy()
    words = np.array(["fog", "rain", "sun"])[read[:-1, 1:4].argmax(1)]
    np.testing.assert_array_equal(words, SKY[1:])
    np.testing.assert_allclose(read[:-1, 4], np.sin(np.arange(1, 160) % 24 * np.pi / 12), atol=1e-6)


def test_the_spacing_is_the_step_from_the_row_before(tmp_path: Path) -> None:
    data, task = made(
        tmp_path, spacing="given", strategy="direct", horizon=2, table={"time": UNEVEN}
    )
    gaps = np.log1p(np.diff(UNEVEN).astype(int) / 4)
    read = task._features.numpy()
    assert read.shape[1] == 3
    np.testing.assert_allclose(read[1:, 2], gaps, rtol=1e-5)  # as it is
    np.testing.assert_allclose(read[:-2, 1], gaps[1:], rtol=1e-5)  # and where the horizon ends
    assert "input, in steps of 4 hours; errors are a row" in "\n".join(data.notes())
    plain = "\n".join(SeriesData.read(replace(data.config, spacing="even")).notes())
    assert "add --set task.spacing=given; or resample the file" in plain


def test_a_recursive_forecast_reads_the_gap_before_and_the_gap_ahead(tmp_path: Path) -> None:
    _, task = made(tmp_path, spacing="given", table={"time": UNEVEN})
    gaps = np.log1p(np.diff(UNEVEN).astype(int) / 4)
    read = task._features.numpy()
    assert read.shape[1] == 3
    np.testing.assert_allclose(read[1:, 1], gaps, rtol=1e-5)
    np.testing.assert_allclose(read[:-1, 2], gaps, rtol=1e-5)


def test_with_masks_the_time_since_each_column_was_measured_is_read(tmp_path: Path) -> None:
    z = np.where(np.isin(np.arange(160), [0, 1, 5, 6]), np.nan, WILD)
    settings = {"targets": ("y", "z"), "spacing": "given", "missing": "mask"}
    data, task = made(tmp_path, table={"time": UNEVEN, "z": z}, **settings)
    read = task._features.numpy()
    assert read.shape[1] == data.input_size == 2 + 2 + 1 + 2 + 1
    hours = (UNEVEN - UNEVEN[0]).astype(int)
    ages = np.zeros(160)
    ages[1] = hours[1]
    ages[5], ages[6] = hours[5] - hours[4], hours[6] - hours[4]
    np.testing.assert_allclose(read[:, 6], np.log1p(ages / 4), rtol=1e-5)
    assert not read[:, 5].any()


def test_empty_rows_to_come_are_no_empty_cells_of_a_recursive_forecast(tmp_path: Path) -> None:
    data, _ = made(tmp_path, missing="mask", horizon=3)
    model, manifest = networks(data, 1), data.manifest()
    rows = np.concatenate([data.values, np.full((3, 1), np.nan)])[None]
    expected = forecast_rows(manifest, model, data.values[None])
    np.testing.assert_array_equal(forecast_rows(manifest, model, rows), expected)


def test_a_static_is_read_at_every_row(tmp_path: Path) -> None:
    table = {"shop": SHOP, "kind": KIND, "size": SIZE}
    settings = {"id": "shop", "static": ("kind", "size"), "categories": ("kind",)}
    data, task = made(tmp_path, table=table, **settings)
    read = task._features.numpy()
    np.testing.assert_array_equal(read[:, 1], KIND == "big")
    np.testing.assert_array_equal(read[:, 3], np.where(SIZE == 3, -1, 1))
    holes = {**table, "size": np.where(np.arange(160) % 3 == 1, np.nan, SIZE)}
    again, _ = made(tmp_path, table=holes, **settings)
    np.testing.assert_array_equal(again.beside.fixed, data.beside.fixed)


@pytest.mark.parametrize(
    ("table", "settings", "words"),
    [
        ({"time": np.arange(160)}, {"calendar": ("hour",)}, "'time' holds plain numbers; leave"),
        ({}, {"categories": ("sky",), "known": ("sky",)}, "has no column 'sky'; its columns"),
        ({"sky": SKY}, {"known": ("sky",)}, "not 'sun'; a category is named in task.categories"),
        (
            {"shop": SHOP, "size": np.arange(160)},
            {"id": "shop", "static": ("size",)},
            r"'size' is 0, 1 and 78 more values in the series 'a'.*in task.past or task.known",
        ),
        (
            {"shop": SHOP, "sky": SKY},
            {"id": "shop", "static": ("sky",), "categories": ("sky",)},
            "'sky' is 'sun', 'rain' and 1 more",
        ),
        (
            {"shop": SHOP, "size": np.where(SHOP == "a", 1, np.nan)},
            {"id": "shop", "static": ("size",)},
            "'size' has no value in the series 'b'",
        ),
    ],
)
def test_a_table_that_has_not_what_is_asked(
    tmp_path: Path, table: dict[str, Any], settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        made(tmp_path, table=table, **settings)
    assert caught.value.key.startswith("task.")


@pytest.mark.parametrize(
    ("settings", "key", "words"),
    [
        ({"calendar": ("Hours",), "time": "t"}, "calendar", "has no 'Hours'.*mean hour"),
        ({"calendar": ("hour",)}, "calendar", "name their column in task.time"),
        ({"calendar": ("hour", "hour"), "time": "t"}, "calendar", "twice"),
        ({"spacing": "given"}, "spacing", "name its column in task.time"),
        ({"static": ("a",)}, "static", "name the column that tells its series apart"),
        ({"categories": ("y",)}, "categories", "a target holds numbers"),
        ({"categories": ("t",), "time": "t"}, "categories", "which task.time has too"),
        ({"categories": ("a",)}, "categories", "name them in task.known too"),
        ({"static": ("a",), "known": ("a",), "id": "i"}, "static", "which task.known has too"),
    ],
)
def test_keys_that_do_not_fit(settings: dict[str, Any], key: str, words: str) -> None:
    config = SeriesConfig(path="x.csv", targets=("y",), **settings)
    (mistake,) = problems(config)
    assert mistake[0] == key
    assert re.search(words, mistake[1])


def test_what_later_parts_alone_hold_is_said(tmp_path: Path) -> None:
    sky = np.where(np.arange(160) == 150, "hail", SKY)
    data, _ = made(tmp_path, categories=("sky",), known=("sky",), table={"sky": sky})
    notes = "\n".join(data.notes())
    assert "'sky' has 3 values in the training part: 'fog', 'rain', 'sun'" in notes
    assert "1 cells of 'sky' hold what is not there and are read as the mean" in notes
    np.testing.assert_allclose(data.beside.ahead[150].sum(), 1, rtol=1e-6)
    assert data.beside.ahead[150].max() < 0.5


def test_the_id_may_be_a_category_of_its_series(tmp_path: Path) -> None:
    settings = {"id": "shop", "categories": ("shop",), "horizon": 2}
    data, task = made(tmp_path, table={"shop": SHOP}, **settings)
    np.testing.assert_array_equal(task._features[:, 1].numpy(), SHOP == "a")
    use = SeriesUse(ModelDescription({}, data.manifest()))
    assert use.signature().inputs[0].meaning == "a category, which series a row belongs to"
    example = use.example()
    found = forecasts(data.manifest(), networks(data, 1), example)
    assert list(found.id["shop"]) == ["a", "a"]
    with pytest.warns(UserWarning, match="never saw 'c' in 'shop' of the series 'c'"):
        forecasts(data.manifest(), networks(data, 1), example.assign(shop="c"), new_series=True)


ALL = {
    "targets": ("y", "z"),
    "id": "shop",
    "past": ("p",),
    "known": ("k", "sky"),
    "categories": ("sky", "mood", "kind"),
    "static": ("kind", "size"),
    "calendar": ("hour", "weekday"),
    "spacing": "given",
    "strategy": "direct",
    "missing": "mask",
    "horizon": 3,
    "context": 8,
}
TABLE = {
    "z": WILD,
    "shop": SHOP,
    "kind": KIND,
    "size": SIZE,
    "sky": SKY,
    "mood": SKY[::-1],
    "k": np.arange(160.0) % 9,
    "p": np.where(np.arange(160) % 13 == 5, np.nan, np.cos(np.arange(160) / 3)),
    "time": UNEVEN,
}


@pytest.mark.parametrize("channels", ["together", "each"])
def test_given_rows_are_forecast_as_the_rows_of_training(tmp_path: Path, channels: str) -> None:
    data, _ = made(tmp_path, table=TABLE, **ALL, channels=channels, segment=2)
    task = SeriesTask(data.config, data, CPU, torch.float32)
    model = networks(data, 1, head="last")
    origins = data.bounds["val"][:, 0] + 2
    inside = task._forecast(model, origins)[0].permute(1, 0, 2).double().numpy()
    frame = pd.read_csv(tmp_path / "table.csv")
    manifest = json.loads(json.dumps(data.manifest()))
    rows = [frame.iloc[lo : at + 3] for lo, at in zip(data.starts, origins, strict=False)]
    for one, at in zip(rows, origins - data.starts[:-1], strict=True):
        one.iloc[at:, [one.columns.get_loc(c) for c in ("y", "z", "p", "mood", "kind")]] = np.nan
    answer = forecasts(manifest, model, pd.concat(rows))
    expected = np.concatenate([data.in_units(np.array(s), inside[s]) for s in (0, 1)])
    np.testing.assert_allclose(answer.targets["z"], expected[:, 1], rtol=1e-5)
    np.testing.assert_allclose(answer.targets["y"], expected[:, 0], rtol=1e-5)
    with pytest.raises(ModelError, match=r"more than numbers.*DataFrame with the columns time, y"):
        forecast_rows(manifest, model, data.values[None])
    with pytest.raises(HorizonError, match="reads k, sky ahead: add 3 rows"):
        forecasts(manifest, model, pd.concat([rows[0].iloc[:-1], rows[1]]))


def test_an_example_is_taken(tmp_path: Path) -> None:
    data, _ = made(tmp_path, table=TABLE, **ALL)
    manifest = json.loads(json.dumps(data.manifest()))
    use = SeriesUse(ModelDescription({}, manifest))
    meanings = {column.name: column.meaning for column in use.signature().inputs}
    example = use.example()
    assert set(example.columns) == set(meanings)
    assert meanings["sky"] == "a category, known ahead"
    assert meanings["kind"] == "a category, one value in each series"
    found = forecasts(manifest, networks(data, 1, head="last"), example)
    assert list(found.step) == [1, 2, 3]


def test_a_recursive_forecast_of_uneven_rows_reads_them_as_training_did(tmp_path: Path) -> None:
    z = np.where(np.arange(160) % 11 == 3, np.nan, WILD)
    settings = {"targets": ("y", "z"), "spacing": "given", "missing": "mask", "horizon": 3}
    data, _ = made(tmp_path, table={"time": UNEVEN, "z": z}, **settings)
    task = SeriesTask(data.config, data, CPU, torch.float32)
    model, at = networks(data, 1), 120
    assert np.isfinite(data.values[at : at + 3]).all()
    inside = task._forecast(model, np.array([at]))[0, :, 0].double().numpy()
    frame = pd.read_csv(tmp_path / "table.csv").iloc[: at + 3]
    frame.iloc[at:, 1:] = np.nan
    answer = forecasts(data.manifest(), model, frame)
    expected = data.in_units(np.array(0), inside)
    np.testing.assert_allclose(answer.targets["z"], expected[:, 1], rtol=1e-5)
    with pytest.warns(UserWarning, match="Rows to come with other times may be given"):
        forecasts(data.manifest(), model, frame.iloc[:at])


def test_times_that_nobody_gave_are_made_up(tmp_path: Path) -> None:
    data, task = made(tmp_path, calendar=("hour",), horizon=4)
    model, path = Echo(), tmp_path / "table.csv"
    found = forecasts(data.manifest(), model, path)
    assert len(found.step) == 4
    hours = [7 + 160 % 24 - 7 + at for at in range(4)]
    fed = torch.cat([model.fed[0][0, -1:], *(one[0] for one in model.fed[1:])])[:, 0, 1]
    np.testing.assert_allclose(fed, np.sin(np.array(hours) * np.pi / 12), atol=1e-6)
    with pytest.raises(HorizonError, match="columns known ahead end"):
        task.panels(Echo(), 1000)


def test_a_value_that_training_never_saw_is_said(tmp_path: Path) -> None:
    data, _ = made(tmp_path, categories=("sky",), known=("sky",), table={"sky": SKY})
    frame = pd.read_csv(tmp_path / "table.csv")
    frame["time"] = pd.to_datetime(frame["time"])
    row = {"time": frame["time"].iloc[-1] + pd.Timedelta(hours=1), "sky": "hail"}
    with pytest.warns(UserWarning, match="training never saw 'hail' in 'sky': read as the mean"):
        forecasts(data.manifest(), Echo(), pd.concat([frame, pd.DataFrame([row])]))
    old = frame.assign(sky=np.where(frame.index < 100, "hail", frame["sky"]))
    row["sky"] = "fog"
    forecasts(data.manifest(), Echo(), pd.concat([old, pd.DataFrame([row])]))
    row["sky"] = None
    with pytest.raises(ModelError, match="have no value of 'sky', which the forecast reads ahead"):
        forecasts(data.manifest(), Echo(), pd.concat([frame, pd.DataFrame([row])]))


def test_codes_and_truths_are_read_as_texts_however_they_come(tmp_path: Path) -> None:
    code = np.array(["007", "12"])[np.arange(160) % 2]
    true = np.array(["True", "False"])[np.arange(160) % 2]
    settings = {"categories": ("code", "true"), "known": ("code", "true")}
    data, _ = made(tmp_path, table={"code": code, "true": true}, **settings)
    frame = pd.read_csv(tmp_path / "table.csv")
    assert frame["code"].iloc[0] == 7
    more = pd.DataFrame({"time": ["2024-01-07T16"], "code": [7], "true": [True]})
    by_frame, by_file = Echo(), Echo()
    forecasts(data.manifest(), by_frame, pd.concat([frame, more]))
    path = tmp_path / "more.csv"
    path.write_text((tmp_path / "table.csv").read_text() + "2024-01-07T16,,007,True\n")
    forecasts(data.manifest(), by_file, path)
    torch.testing.assert_close(by_frame.fed[0], by_file.fed[0])


def test_parts_in_files_of_their_own_have_one_code_a_value(tmp_path: Path) -> None:
    data, _ = made(tmp_path, categories=("sky",), known=("sky",), table={"sky": SKY})
    lines = (tmp_path / "table.csv").read_text().splitlines()
    bounds = {part: rows[0].tolist() for part, rows in data.bounds.items()}
    paths = {}
    for part, (lo, hi) in bounds.items():
        paths[part] = tmp_path / f"{part}.csv"
        paths[part].write_text("\n".join([lines[0], *lines[1 + lo : 1 + hi]]))
    config = replace(
        data.config,
        path=str(paths["train"]),
        val_path=str(paths["val"]),
        test_path=str(paths["test"]),
    )
    np.testing.assert_array_equal(SeriesData.read(config).beside.ahead, data.beside.ahead)
