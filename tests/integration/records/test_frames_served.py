"""Models loaded by MLflow take the tables that they were trained on, as pandas reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_champion import HELLO, checkpoint

from rnnsearch.errors import ModelError
from rnnsearch.records.mlflow.champion import packaged
from rnnsearch.tasks.config import TaskConfig
from rnnsearch.tasks.events.config import EventsConfig
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.series.config import SeriesConfig
from rnnsearch.tasks.sine.config import SineConfig
from rnnsearch.training.trained import TrainedModel

pytestmark = [
    # MLflow: the type hints of `predict` do not replace the signature.
    pytest.mark.filterwarnings("ignore:.*type hint:UserWarning"),
    # MLflow compares the columns of an example with a range, which pandas 3 deprecates.
    pytest.mark.filterwarnings("ignore:Operation with range is deprecated"),
]

DRAWN = np.random.default_rng(3)


def served(task: TaskConfig, folder: Path) -> tuple[Any, TrainedModel]:
    """An untrained model as MLflow loads it, and itself."""
    import mlflow

    model, _ = checkpoint(task, folder / "checkpoint")
    config = json.loads((folder / "checkpoint" / "config.json").read_text(encoding="utf-8"))
    said = packaged(folder / "checkpoint", config, folder / "code")
    mlflow.pyfunc.save_model(str(folder / "model"), **said)
    return mlflow.pyfunc.load_model(str(folder / "model")), model


def test_a_table_of_one_series(tmp_path: Path) -> None:
    path = tmp_path / "load.csv"
    times = np.datetime64("2024-01-01T00") + np.arange(90)
    table = pd.DataFrame({"time": times, "load": DRAWN.integers(0, 99, 90), "note": "?"})
    table.to_csv(path, index=False)
    task = SeriesConfig(path=str(path), time="time", targets=("load",), context=8, horizon=3)
    model, trained = served(task, tmp_path)
    rows = pd.read_csv(path)
    assert rows["load"].dtype == np.int64
    found = model.predict(rows)
    expected = trained.forecast(rows[["load"]].to_numpy(float)[None])[0]
    np.testing.assert_allclose(found[["load"]].to_numpy(), expected)
    for given in (
        rows.sample(frac=1, random_state=1),
        rows.convert_dtypes(),
        pd.read_csv(path, dtype_backend="pyarrow"),
        pd.read_csv(path, parse_dates=["time"], index_col="time"),
        rows.astype({"time": "category"}),
    ):
        again = model.predict(given)
        pd.testing.assert_frame_equal(again[["step", "load"]], found[["step", "load"]])
        assert str(again["time"].iloc[0]).startswith("2024-01-04")
    assert len(model.predict(rows, params={"steps": 5})) == 5
    remembered = {key: trained.manifest[key] for key in trained.manifest if key != "step"}
    assert replace(trained, manifest=remembered).evaluate() == trained.evaluate(), "an older model"
    assert list(found.columns) == ["step", "load", "time"]
    assert list(found["time"]) == [f"2024-01-04 {hour}:00:00" for hour in (18, 19, 20)]
    plain = model.predict(rows, params={"all_columns": False})
    pd.testing.assert_frame_equal(plain, found[["step", "load"]])
    assert trained.predict(rows).equals(plain)
    with pytest.raises(ModelError, match="3 were given"):
        model.predict(rows.iloc[-3:])
    with pytest.raises(ModelError, match="no column 'time'"):
        model.predict(rows.drop(columns="time"))
    assert model.metadata.metadata["inputs"]["load"] == "numbers; empty in rows to predict"


def test_a_panel_whose_ids_pandas_reads_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    rows = pd.DataFrame({"shop": np.repeat(["007", "12"], 60), "day": [*range(60), *range(60)]})
    rows["sold"] = DRAWN.integers(0, 99, 120)
    rows.to_csv(path, index=False)
    task = SeriesConfig(path=str(path), id="shop", time="day", targets=("sold",), context=8)
    model, _ = served(task, tmp_path)
    found = model.predict(pd.read_csv(path, dtype={"shop": str}))
    assert list(found["shop"]) == ["007", "12"]
    assert pd.read_csv(path)["shop"].dtype == np.int64
    pd.testing.assert_frame_equal(model.predict(pd.read_csv(path)), found)
    other = rows.assign(shop="13", day=range(120))
    with pytest.raises(ModelError, match="never saw the series '13'"):
        model.predict(other)
    assert list(model.predict(other, params={"new_series": True})["shop"]) == ["13"]


def test_a_panel_with_categories_statics_and_a_calendar(tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    times = np.datetime64("2024-01-01T00") + np.arange(60)
    rows = pd.DataFrame({"shop": np.repeat(["a", "b"], 60), "time": [*times, *times]})
    rows = rows.assign(kind=rows["shop"].map({"a": "big", "b": "small"}), size=np.arange(120) // 60)
    rows["sky"] = np.array(["sun", "rain", "fog"])[np.arange(120) * 7 % 3]
    rows["open"] = np.arange(120) % 5 > 0
    rows["sold"] = DRAWN.integers(0, 99, 120)
    rows.to_csv(path, index=False)
    task = SeriesConfig(
        path=str(path),
        id="shop",
        time="time",
        targets=("sold",),
        known=("open",),
        categories=("sky", "kind", "shop", "open"),
        static=("kind", "size"),
        calendar=("hour",),
        strategy="direct",
        horizon=2,
        context=8,
    )
    model, _ = served(task, tmp_path)
    read = pd.read_csv(path)
    read.loc[read["time"] >= "2024-01-03 10", ["sold", "sky", "kind"]] = None
    found = model.predict(read)
    assert list(found["shop"]) == ["a", "a", "b", "b"]
    assert str(found["time"].iloc[0]).startswith("2024-01-03 10")
    for given in (
        read.sample(frac=1, random_state=1),
        read.astype({"sky": "category", "kind": "category", "shop": "category"}),
        read.convert_dtypes(),
        read.assign(open=read["open"].astype(str)),
    ):
        again = model.predict(given).sort_values(["shop", "step"], ignore_index=True)
        columns = ["shop", "step", "sold"]
        pd.testing.assert_frame_equal(again[columns], found[columns], check_dtype=False)
    assert model.metadata.metadata["inputs"]["kind"] == "a category, one value in each series"
    other = model.predict(read.assign(size=1 - read["size"]))
    assert not np.allclose(other["sold"], found["sold"])


def test_labelled_texts_and_steps(tmp_path: Path) -> None:
    texts = pd.DataFrame({"text": [f"{number}x" for number in range(20)], "label": ["a", "b"] * 10})
    texts.to_csv(tmp_path / "texts.csv", index=False)
    config = LabelsConfig(path=str(tmp_path / "texts.csv"), text="text")
    model, trained = served(config, tmp_path / "texts")
    read = pd.read_csv(tmp_path / "texts.csv")
    found = model.predict(read)
    assert tuple(found["label"]) == trained.classify(list(texts["text"])).labels
    pd.testing.assert_frame_equal(model.predict(read.astype("category")), found)
    for wrong, words in ((None, "row 3 .* is empty"), (7, r"read_csv\(..., dtype={'text': str}\)")):
        given = (
            read.assign(text=wrong)
            if wrong
            else read.assign(text=read["text"].mask(read.index == 3))
        )
        with pytest.raises(ModelError, match=words):
            model.predict(given)

    steps = pd.DataFrame({"id": np.repeat(range(20), 4), "t": [*range(4)] * 20})
    steps = steps.assign(label=steps["id"] % 2, v=DRAWN.integers(0, 9, 80))
    steps.to_csv(tmp_path / "steps.csv", index=False)
    task = LabelsConfig(path=str(tmp_path / "steps.csv"), id="id", time="t", features=("v",))
    model, trained = served(task, tmp_path / "steps")
    read = pd.read_csv(tmp_path / "steps.csv")
    found = model.predict(read)
    assert list(found["id"]) == [str(number) for number in range(20)]
    known = [read["v"][read["id"] == number].to_numpy()[:, None] for number in range(20)]
    assert tuple(found["label"]) == trained.classify(known).labels
    mixed = model.predict(read.sample(frac=1, random_state=1)).set_index("id")
    pd.testing.assert_frame_equal(mixed.loc[found["id"]].reset_index(), found)
    with pytest.raises(ModelError, match="have the same 't'"):
        model.predict(read.assign(t=1))
    with pytest.raises(ModelError, match="has no value of 'v'"):
        model.predict(read.assign(v=read["v"].mask(read.index == 7)))


OLD = """
import mlflow
import pandas as pd
from mlflow.models import set_model
from rnnsearch.tasks.labels.table import rows_by_id
from rnnsearch.training.trained import TrainedModel


class Old(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = TrainedModel.load(context.artifacts["checkpoint"])

    def predict(self, context, model_input: pd.DataFrame, params: dict | None = None):
        columns = self.model.manifest.get("columns")
        if columns:
            rows = rows_by_id(model_input[columns["id"]])
            values = model_input[self.model.manifest["features"]].to_numpy(dtype=float)
            return list(self.model.classify([values[own] for own in rows.values()]).labels)
        found = self.model.forecast(model_input[["load"]].to_numpy("float64")[None], None, None)[0]
        return pd.DataFrame(found, columns=["load"])


set_model(Old())
"""


def test_a_model_that_was_registered_before_is_used_as_before(tmp_path: Path) -> None:
    import mlflow

    (tmp_path / "old_pyfunc.py").write_text(OLD, encoding="utf-8")
    path = tmp_path / "t.csv"
    rows = pd.DataFrame(
        {"time": range(60), "load": DRAWN.normal(size=60), "id": np.arange(60) // 3}
    )
    rows.assign(label=rows["id"] % 2).to_csv(path, index=False)
    series = SeriesConfig(path=str(path), time="time", targets=("load",), context=8, horizon=3)
    labels = LabelsConfig(path=str(path), id="id", features=("load",))
    for name, task in (("series", series), ("labels", labels)):
        model, _ = checkpoint(task, tmp_path / name)
        config = tmp_path / name / "config.json"
        said = json.loads(config.read_text(encoding="utf-8"))
        for key in ("time", "dated", "step", "forms"):
            said["manifest"].pop(key, None)
        del said["head"]
        config.write_text(json.dumps(said), encoding="utf-8")
        mlflow.pyfunc.save_model(
            str(tmp_path / f"{name}-model"),
            python_model=str(tmp_path / "old_pyfunc.py"),
            artifacts={"checkpoint": str(tmp_path / name)},
            pip_requirements=[],
        )
        old = mlflow.pyfunc.load_model(str(tmp_path / f"{name}-model"))
        if name == "series":
            pd.testing.assert_series_equal(old.predict(rows)["load"], model.predict(rows)["load"])
        else:
            assert old.predict(rows) == list(model.classify(rows)["label"])
        assert TrainedModel.load(tmp_path / name).evaluate() == model.evaluate()


def test_waves_take_numbers_of_any_type(tmp_path: Path) -> None:
    model, trained = served(SineConfig(), tmp_path)
    wave = np.sin(np.linspace(0, 3, 12))
    expected = trained.rollout(wave[None, :, None], 4)
    for given in (
        wave[None, :, None],
        wave.astype(np.float32)[None, :, None],
        wave[None, :, None].tolist(),
        pd.DataFrame({"y": wave}),
    ):
        found = model.predict(given, params={"rollout_steps": 4})
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert model.predict(np.ones((1, 5, 1), int)).shape == (1, 5, 1)
    with pytest.raises(ModelError, match=r"must have shape \(batch, time, 1\)"):
        model.predict(wave)
    with pytest.raises(ModelError, match="sequences of one length"):
        model.predict([[[1.0]], [[1.0], [2.0]]])
    assert "(batch, time, 1)" in model.metadata.metadata["inputs"]


def test_events_take_their_own_bits(tmp_path: Path) -> None:
    parts = {part: DRAWN.integers(0, 2, (3, 6, 4)).astype(np.uint8) for part in ("train", "val")}
    np.savez(tmp_path / "events.npz", **parts)
    model, trained = served(EventsConfig(path=str(tmp_path / "events.npz")), tmp_path)
    found = model.predict(parts["val"])
    np.testing.assert_array_equal(found, trained.predict(parts["val"].astype(float)))
    np.testing.assert_array_equal(model.predict(parts["val"].astype(bool)), found)
    one = model.predict(pd.DataFrame(parts["val"][0]))
    np.testing.assert_allclose(one, found[:1], rtol=1e-5)


def test_prompts_are_texts(tmp_path: Path) -> None:
    model, trained = served(HELLO, tmp_path)
    prompts = pd.DataFrame({"prompt": ["he", "l"]})
    expected = [trained.sample(prompt, 5, 0.8, 0) for prompt in prompts["prompt"]]
    for given in (prompts, prompts.astype("category"), prompts.astype("string[pyarrow]")):
        assert list(model.predict(given, params={"length": 5})) == expected
    for wrong in (["he", None], ["he", np.nan], [7, 8]):
        with pytest.raises(ModelError, match=r"row 1 .* is empty|holds whole numbers"):
            model.predict(pd.DataFrame({"prompt": wrong}))
