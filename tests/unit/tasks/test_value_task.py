"""The value task: one number a sequence, read, learned, and predicted for new sequences."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest
import torch
from contracts.padded_tasks import PaddedTaskContract

from rnnsearch.errors import DataError, ModelError
from rnnsearch.models.config import ModelConfig
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.pictures import figures_of
from rnnsearch.tasks.splits import TableSplitConfig
from rnnsearch.tasks.value.config import ValueConfig, problems
from rnnsearch.tasks.value.data import ValueData
from rnnsearch.tasks.value.task import ValueTask
from rnnsearch.tasks.value.use import ValueUse
from rnnsearch.testing.tasks import CPU, Networks, networks
from rnnsearch.training.config import TrainingConfig, TrialConfig
from rnnsearch.training.pack import Pack

torch.set_num_threads(1)

WINDOWS = (Window(1), Window(4), Window(5, steps_per_epoch=3))
COLUMNS = {"id": "run", "time": "t", "features": ("a", "b"), "target": "life"}


@cache
def table() -> Path:
    """A table of 300 sequences of 2 to 7 time steps, its rows mixed.

    The number of a sequence is ten times the difference of the first and the last value of `a`, so
    that only a model that remembers the first can tell it.
    """
    path = Path(mkdtemp(prefix="rnnsearch-value-")) / "walks.csv"
    draw, rows = np.random.default_rng(4), []
    for run in range(300):
        values = draw.normal(size=(draw.integers(2, 8), 2)).round(4)
        life = 10 * (values[0, 0] - values[-1, 0])
        rows += [f"r{run},{t},{a},{b},{life:.4f}" for t, (a, b) in enumerate(values)]
    draw.shuffle(rows)
    path.write_text("\n".join(["run,t,a,b,life", *rows]) + "\n", encoding="utf-8")
    return path


@cache
def words() -> Path:
    """A table of words of 1 to 9 letters, each with the number of its letters e."""
    path = Path(mkdtemp(prefix="rnnsearch-value-")) / "words.csv"
    draw = np.random.default_rng(5)
    made = ["".join(draw.choice(list("abe"), size=draw.integers(1, 10))) for _ in range(60)]
    rows = [f"{word},{word.count('e')}" for word in made]
    path.write_text("\n".join(["word,score", *rows]) + "\n", encoding="utf-8")
    return path


WALKS = ValueConfig(path=str(table()), **COLUMNS)  # type: ignore[arg-type]
WORDS = ValueConfig(path=str(words()), text="word", target="score")


class TestWalks(PaddedTaskContract):
    config = replace(WALKS, max_length=6, scaler="minmax")
    windows = WINDOWS


class TestWords(PaddedTaskContract):
    config = WORDS
    windows = WINDOWS


def use_of(data: ValueData) -> ValueUse:
    manifest = json.loads(json.dumps(data.manifest()))
    return ValueUse(ModelDescription({}, manifest, data.input_size, 1, data.symbolic))


def test_the_first_value_of_a_sequence_is_learned_where_ridge_cannot_know_it() -> None:
    data = load_data(WALKS)
    level, ridge = data.baselines()
    assert ridge.metrics["val_mae"] < 0.9 * level.metrics["val_mae"]
    pack = Pack({WALKS: data}, objective="val_mae", goal="minimize")
    model = ModelConfig(cell="lstm", hidden_size=24)
    training = TrainingConfig(learning_rate=0.01, batch_size=16, max_epochs=25)
    pack.add("one", TrialConfig(task=WALKS, model=model, training=training, seed=0))
    last = pack.train({"one": 25}, float("inf")).reports[-1].metrics
    assert last["val_mae"] < 0.5 * ridge.metrics["val_mae"]
    assert last["val_mae"] <= last["val_rmse"]


def test_ridge_counts_letters() -> None:
    level, ridge = load_data(WORDS).baselines()
    assert ridge.metrics["test_rmse"] < 0.3 * level.metrics["test_rmse"]
    assert "the mean of the training part" in level.note


def test_metrics_and_picture_are_those_of_predictions_in_the_datas_units() -> None:
    data = ValueData.read(WALKS)
    task, one = ValueTask(WALKS, data, CPU, torch.float32), networks(data, 1, head="last")
    raw = data.encoder.scaler.undo(data.sequences["val"].values)  # type: ignore[union-attr]
    starts = data.sequences["val"].starts
    sequences = [raw[lo:hi] for lo, hi in pairwise(starts)]
    predicted = use_of(data).predict(one, sequences)
    found = task.evaluate(one, "val", None)
    truth = data.values["val"]
    assert float(found["val_mae"]) == pytest.approx(np.abs(predicted - truth).mean(), rel=1e-5)
    rmse = np.sqrt(np.square(predicted - truth).mean())
    assert float(found["val_rmse"]) == pytest.approx(rmse, rel=1e-5)
    picture = task.picture(one)
    np.testing.assert_allclose(picture["predicted"], predicted, rtol=1e-5)
    np.testing.assert_array_equal(picture["actual"], truth)


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    data = ValueData.read(WALKS)
    task = ValueTask(WALKS, data, CPU, torch.float32)
    (figure,) = figures_of(task, networks(data, 1, head="last"), "")
    figure.draw(tmp_path / "value.png", "walks")
    assert (tmp_path / "value.png").read_bytes().startswith(b"\x89PNG")


def test_a_table_gets_a_number_a_sequence_under_the_name_of_training() -> None:
    data = ValueData.read(WALKS)
    use, one = use_of(data), networks(data, 1, head="last")
    rows = pd.read_csv(table()).drop(columns="life")
    found = use.served(one, rows, {})
    assert list(found.columns) == ["run", "life"]
    assert list(found["run"]) == list(dict.fromkeys(rows["run"]))
    own = rows[rows["run"] == "r7"].sort_values("t")[["a", "b"]].to_numpy()
    alone = use.predict(one, [own])
    assert float(found[found["run"] == "r7"]["life"].iloc[0]) == pytest.approx(alone[0])
    with pytest.raises(ModelError, match=r"use predict\(sequences\)"):
        use.classify(one, rows)


def test_a_file_gets_the_numbers_that_its_rows_get(tmp_path: Path) -> None:
    data = ValueData.read(WALKS)
    use, one = use_of(data), networks(data, 1, head="last")
    rows = pd.read_csv(table()).drop(columns="life")
    rows.to_csv(tmp_path / "new.csv", index=False)
    of_file = use.predictions(one, tmp_path / "new.csv", {}, lambda: None)
    pd.testing.assert_frame_equal(of_file, use.predictions(one, rows, {}, lambda: None))
    texts = ValueData.read(WORDS)
    (tmp_path / "new.txt").write_text("bee\nabba\n", encoding="utf-8")
    words = use_of(texts).predictions(
        networks(texts, 1, head="last"),
        tmp_path / "new.txt",
        {},
        lambda: None,
    )
    assert words["word"].tolist() == ["bee", "abba"]
    assert list(words.columns) == ["word", "score"]
    with pytest.raises(ModelError, match="gives each sequence a number; give a file of time steps"):
        use.predictions(one, None, {}, lambda: None)


def changed(tmp_path: Path, old: str, new: str) -> ValueConfig:
    path = tmp_path / "walks.csv"
    text = "run,t,a,b,life\n" + "".join(f"r{n // 2},{n % 2},{n},0.5,{n // 2}\n" for n in range(20))
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return ValueConfig(path=str(path), **COLUMNS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("r1,0,2,0.5,1\nr1,1,3,0.5,1", "r1,0,2,0.5,high\nr1,1,3,0.5,high", "'high' is no number"),
        ("r1,0,2,0.5,1\nr1,1,3,0.5,1", "r1,0,2,0.5,inf\nr1,1,3,0.5,inf", "'inf' is not finite"),
        (
            "r1,0,2,0.5,1",
            "r1,0,2,0.5,2",
            r"values: 1, 2\. .*guide your-data` shows",
        ),
    ],
)
def test_what_is_no_number_of_a_sequence_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    with pytest.raises(DataError, match=said) as raised:
        load_data(changed(tmp_path, old, new))
    assert "walks.csv:4: column 'life'" in str(raised.value)


def test_a_number_that_never_changes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text("word,score\n" + "".join(f"w{n},3\n" for n in range(30)), encoding="utf-8")
    with pytest.raises(DataError, match="is 3 in the whole training part"):
        load_data(replace(WORDS, path=str(path)))


@pytest.mark.parametrize(
    ("config", "keys"),
    [
        (ValueConfig(), ["path", "text"]),
        (ValueConfig(path="x", text="w", target="w"), ["target"]),
        (ValueConfig(path="x", text="w", split=TableSplitConfig(val=0)), ["split.val", "split"]),
        (replace(WORDS, val_path="y", split=TableSplitConfig(column="z")), ["split.column"]),
        (WORDS, []),
    ],
)
def test_every_mistake_of_a_config_is_named(config: ValueConfig, keys: list[str]) -> None:
    assert [key for key, _ in problems(config)] == keys


def test_parts_may_be_given(tmp_path: Path) -> None:
    rows = [f"{'ab' * n},{n},{'train' if n < 20 else 'test'}" for n in range(1, 30)]
    path = tmp_path / "words.csv"
    path.write_text("\n".join(["word,score,set", *rows]) + "\n", encoding="utf-8")
    split = TableSplitConfig(column="set", val=0.2)
    data = load_data(replace(WORDS, path=str(path), split=split))
    assert data.rows() == {"train": 15, "val": 4, "test": 10}
    assert "20% of the given training part is taken" in " ".join(data.notes())


def test_a_network_whose_outputs_are_not_finite_has_no_error() -> None:
    data = ValueData.read(WORDS)
    task, many = ValueTask(WORDS, data, CPU, torch.float32), networks(data, 1, head="last")
    for weight in many.networks[0].parameters():
        weight.data.fill_(float("nan"))
    assert isinstance(many, Networks)
    assert np.isnan(float(task.evaluate(many, "val", None)["val_mae"]))
