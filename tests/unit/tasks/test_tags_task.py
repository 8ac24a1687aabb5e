"""The tags task: one label a time step, read, learned, and given to those of new sequences."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from contracts.padded_tasks import PaddedTaskContract

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.class_measures import measures
from rnnsearch.tasks.frames import CSV
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.splits import TableSplitConfig
from rnnsearch.tasks.tags.config import TagsConfig, problems
from rnnsearch.tasks.tags.data import TagsData
from rnnsearch.tasks.tags.measures import f1_names
from rnnsearch.tasks.tags.task import TagsTask
from rnnsearch.tasks.tags.use import TagsUse
from rnnsearch.testing.tasks import CPU, networks
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

torch.set_num_threads(1)


@cache
def table() -> Path:
    """A table of 120 sequences of 2 to 9 time steps, its rows mixed.

    A time step is `up` where `a` was above 0 one time step earlier, else `down`; the first one is
    `start`. So only a model with a memory can label it.
    """
    path = Path(mkdtemp(prefix="rnnsearch-tags-")) / "steps.csv"
    draw, rows = np.random.default_rng(6), []
    for run in range(120):
        values = draw.normal(size=(draw.integers(2, 10), 2)).round(4)
        for t, (a, b) in enumerate(values):
            tag = "start" if t == 0 else "up" if values[t - 1, 0] > 0 else "down"
            rows.append(f"r{run},{t},{a},{b},{tag}")
    draw.shuffle(rows)
    path.write_text("\n".join(["run,t,a,b,activity", *rows]) + "\n", encoding="utf-8")
    return path


STEPS = TagsConfig(path=str(table()), id="run", time="t", features=("a", "b"), label="activity")


class TestSteps(PaddedTaskContract):
    config = STEPS
    windows = (Window(1), Window(4), Window(5, steps_per_epoch=3))


def use_of(data: TagsData) -> TagsUse:
    manifest = json.loads(json.dumps(data.manifest()))
    return TagsUse(ModelDescription({}, manifest, data.input_size, data.output_size))


def test_a_label_that_the_step_before_decides_is_learned_where_a_regression_cannot() -> None:
    data = load_data(STEPS)
    _, logistic = data.baselines()
    assert logistic.metrics["val_accuracy"] < 0.65
    pack = Pack({STEPS: data}, objective="val_accuracy", goal="maximize")
    model = ModelConfig(cell="gru", hidden_size=16)
    training = TrainingConfig(learning_rate=0.02, batch_size=8, max_epochs=15)
    pack.add("one", TrialConfig(task=STEPS, model=model, training=training, seed=0))
    last = pack.train({"one": 15}, float("inf")).reports[-1].metrics
    assert last["val_accuracy"] > 0.9
    assert last["val_f1_up"] > 0.85


def test_scores_are_those_of_the_labels_that_the_model_gives() -> None:
    data = TagsData.read(STEPS)
    task, one = TagsTask(STEPS, data, CPU, torch.float32), networks(data, 1)
    raw, some = data.encoder.scaler.undo(data.sequences["val"].values), data.sequences["val"]
    sequences = [raw[lo:hi] for lo, hi in pairwise(some.starts)]
    answer = use_of(data).classify(one, sequences)
    guesses = [label for each in answer.labels for label in each]
    truth = [data.classes[at] for at in data.tags["val"].values]
    found = task.evaluate(one, "val", None)
    right = np.mean([a == b for a, b in zip(guesses, truth, strict=True)])
    assert float(found["val_accuracy"]) == pytest.approx(right)
    chances = np.concatenate(answer.probabilities)[np.arange(len(truth)), data.tags["val"].values]
    assert float(found["val_nats"]) == pytest.approx(-np.log(chances).mean(), rel=1e-5)
    picture = task.picture(one)
    assert picture["confusion"].sum() == len(truth)
    assert picture["confusion"].diagonal().sum() / len(truth) == pytest.approx(right)
    assert len(task.say(one).splitlines()) == 8


def test_f1_of_a_class() -> None:
    found = measures(np.array([[8, 2], [4, 6]]), f1_names(["a", "b"]))
    assert found["f1_a"] == pytest.approx(16 / 22)
    assert found["f1_b"] == pytest.approx(12 / 18)
    assert found["macro_f1"] == pytest.approx((16 / 22 + 12 / 18) / 2)
    assert found["accuracy"] == pytest.approx(0.7)


def test_names_of_metrics_hold_what_records_can() -> None:
    assert f1_names(["walk up", "walk-up", "run (fast)", "日"]) == [
        "f1_class_0",
        "f1_class_1",
        "f1_run_fast",
        "f1_class_3",
    ]
    assert f1_names([str(number) for number in range(31)]) == []


def test_the_rows_of_a_table_are_labelled_in_their_order() -> None:
    data = TagsData.read(STEPS)
    use, one = use_of(data), networks(data, 1)
    rows = pd.read_csv(table()).drop(columns="activity")
    found = use.served(one, rows, {})
    assert list(found.columns) == ["run", "label", "p_down", "p_start", "p_up"]
    assert list(found["run"]) == list(rows["run"])
    own = rows[rows["run"] == "r7"].sort_values("t")
    (labels,) = use.classify(one, [own[["a", "b"]].to_numpy()]).labels
    assert tuple(found["label"][own.index]) == labels
    with pytest.raises(ModelError, match=r"use classify\(sequences\)"):
        use.predict(one, rows)


def test_a_file_gets_the_labels_that_its_rows_get(tmp_path: Path) -> None:
    data = TagsData.read(STEPS)
    use, one = use_of(data), networks(data, 1)
    rows = pd.read_csv(table()).drop(columns="activity")
    rows.to_csv(tmp_path / "new.csv", index=False)
    of_file = use.predictions(one, tmp_path / "new.csv", {}, lambda: None)
    assert list(of_file.columns[:3]) == ["run", "t", "label"]
    assert list(of_file["t"]) == list(map(str, rows["t"]))
    pd.testing.assert_frame_equal(of_file.drop(columns="t"), use.served(one, rows, {}))
    assert of_file.attrs[CSV] == {"sep": ",", "decimal": "."}
    rows.to_csv(tmp_path / "new.csv", index=False, sep=";", decimal=",")
    of_file = use.predictions(one, tmp_path / "new.csv", {}, lambda: None)
    assert of_file.attrs[CSV] == {"sep": ";", "decimal": ","}
    with pytest.raises(ModelError, match="labels each step of a sequence; give a file of time"):
        use.predictions(one, None, {}, lambda: None)


def written(tmp_path: Path, rows: list[str], **more: Any) -> TagsConfig:
    path = tmp_path / "steps.csv"
    path.write_text("\n".join(["id,x,label,set", *rows]) + "\n", encoding="utf-8")
    return TagsConfig(path=str(path), id="id", features=("x",), **more)


def test_given_parts_and_a_label_that_training_lacks(tmp_path: Path) -> None:
    rows = [
        f"s{n},{n + t},{'rare' if part == 'val' and t else 'ab'[t]},{part}"
        for n, part in enumerate(["train"] * 4 + ["val"] * 2)
        for t in (0, 1)
    ]
    data = load_data(written(tmp_path, rows, split=TableSplitConfig(column="set")))
    assert data.rows() == {"train": 4, "val": 2}
    notes = " ".join(data.notes())
    assert "labelled steps: train 8, val 4" in notes
    assert "no step of train has the label rare" in notes


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["a,1,up,train", "b,2,up,train", "c,3,up,train"], "every step has the label 'up'"),
        (["a,1,up,train", "a,2,down,train"], "holds 1 different sequences"),
        (["a,1,up,train", "a,2,down,train", "b,x,up,train"], "'x' is no number"),
    ],
)
def test_what_cannot_be_learned_is_refused(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        load_data(written(tmp_path, rows))


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        (TagsConfig(), ["path", "id"]),
        (TagsConfig(path="x", id="i"), ["id"]),
        (TagsConfig(path="x", id="i", features=("i",)), ["features"]),
        (replace(STEPS, split=TableSplitConfig(val=0.3)), ["split"]),
        (STEPS, []),
    ],
)
def test_every_mistake_of_a_config_is_named(config: TagsConfig, keys: list[str]) -> None:
    assert [key for key, _ in problems(config)] == keys
