"""Sequences in arrays: what they are taken for, what is refused, scores and answers."""

from __future__ import annotations

from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
import torch
from contracts.padded_tasks import PaddedTaskContract

from rnnsearch.errors import DataError, ModelError
from rnnsearch.tasks.base import Window
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.data import ArraysData
from rnnsearch.tasks.given_arrays.task import ArraysTask
from rnnsearch.tasks.given_arrays.use import ArraysUse
from rnnsearch.tasks.model_facts import ModelDescription
from rnnsearch.tasks.pictures import figures_of
from rnnsearch.testing.tasks import CPU, TaskContract, networks

torch.set_num_threads(1)

Arrays = dict[str, np.ndarray[Any, Any]]
COUNTS = {"train": 14, "val": 9, "test": 8}


def lengths_of(part: str) -> np.ndarray[Any, Any]:
    return np.random.default_rng(len(part)).integers(1, 8, COUNTS[part])


def numbers_at_every_step() -> Arrays:
    """Sums so far of two features, in two units, end to end."""
    found: Arrays = {}
    for part in COUNTS:
        lengths = lengths_of(part)
        x = np.random.default_rng(1).normal(3.0, 2.0, (lengths.sum(), 2))
        sums = np.concatenate([one.cumsum(0) for one in np.split(x, lengths.cumsum()[:-1])])
        found |= {f"{part}_x": x, f"{part}_y": 10 * sums, f"{part}_lengths": lengths}
    return found


def classes_of_symbols() -> Arrays:
    """Whether a padded sequence ends with an even symbol."""
    found: Arrays = {}
    for part in COUNTS:
        lengths = lengths_of(part)
        x = np.random.default_rng(2).integers(0, 5, (COUNTS[part], 9))
        y = np.where(x[np.arange(len(x)), lengths - 1] % 2, "odd", "even")
        y[:2] = "even", "odd"
        found |= {f"x_{part}": x, f"y_{part}": y, f"lengths_{part}": lengths}
    return found


def one_number() -> Arrays:
    """The last value of sequences of one length."""
    found: Arrays = {}
    for part, count in COUNTS.items():
        x = np.random.default_rng(3).normal(size=(count, 6)).cumsum(1)
        found |= {f"{part}_x": x, f"{part}_y": 100 + x[:, -1]}
    return found


def classes_at_every_step() -> Arrays:
    """Whether the sum so far is above zero."""
    found: Arrays = {}
    for part, count in COUNTS.items():
        x = np.random.default_rng(4).normal(size=(count, 6, 3))
        found |= {f"{part}_x": x, f"{part}_y": x.cumsum(1)[..., 0] > 0}
    return found


FOLDER = Path(mkdtemp(prefix="rnnsearch-arrays-"))


def written(name: str, arrays: Arrays) -> ArraysConfig:
    np.savez(FOLDER / f"{name}.npz", **arrays)  # type: ignore[arg-type]
    return ArraysConfig(path=str(FOLDER / f"{name}.npz"))


class TestNumbersAtEveryStep(PaddedTaskContract):
    config = written("steps", numbers_at_every_step())
    windows = (Window(1), Window(4), Window(5, steps_per_epoch=3))


class TestClassesOfSymbols(PaddedTaskContract):
    config = written("symbols", classes_of_symbols())
    windows = (Window(1), Window(4), Window(5, steps_per_epoch=3))


class TestOneNumber(TaskContract):
    config = written("one", one_number())
    windows = (Window(1), Window(7), Window(5, steps_per_epoch=3))


class TestClassesAtEveryStep(TaskContract):
    config = written("classes", classes_at_every_step())
    windows = (Window(1), Window(7), Window(5, steps_per_epoch=3))


def read(arrays: Arrays, **keys: Any) -> ArraysData:
    config = written("read", arrays)
    return ArraysData.read(ArraysConfig(path=config.path, **keys))


def test_it_says_what_the_arrays_were_taken_for() -> None:
    said = {
        "steps": "sequences of 1 to 7 time steps, 2 features a time step, with 2 numbers for each"
        " time step",
        "symbols": "5 symbols a time step, with one of 2 classes for each sequence",
        "one": "sequences of 6 time steps, 1 features a time step, with a number for each sequence",
        "classes": "3 features a time step, with one of 2 classes for each time step",
    }
    for name, words in said.items():
        data = ArraysData.read(ArraysConfig(path=str(FOLDER / f"{name}.npz")))
        assert words in data.notes()[0]


def test_padded_and_end_to_end_are_the_same() -> None:
    joined = numbers_at_every_step()
    padded: Arrays = {}
    for part in COUNTS:
        lengths = joined[f"{part}_lengths"]
        padded[f"{part}_lengths"] = lengths
        for role in "xy":
            rows = np.full((len(lengths), 9, 2), np.nan)
            rows[np.arange(9) < lengths[:, None]] = joined[f"{part}_{role}"]
            padded[f"{part}_{role}"] = rows
    one, other = read(joined), read(padded)
    for part, some in one.inputs.items():
        np.testing.assert_array_equal(some.values, other.inputs[part].values)
        np.testing.assert_array_equal(one.targets[part].values, other.targets[part].values)
        np.testing.assert_array_equal(some.starts, other.inputs[part].starts)


def test_errors_are_in_the_units_of_y() -> None:
    data = ArraysData.read(ArraysConfig(path=str(FOLDER / "one.npz")))
    task = ArraysTask(data.config, data, CPU, torch.float32)
    many = networks(data, 2, head="last")
    found = task.evaluate(many, "val", None)
    y = one_number()["val_y"]
    inputs = torch.tensor(data.inputs["val"].values.reshape(9, 6, 1)).transpose(0, 1)[None]
    outputs, _ = many(inputs, None, torch.full((1, 9), 6))
    assert data.target_scaler is not None
    predicted = data.target_scaler.undo(outputs[:, 0].numpy())[..., 0]
    np.testing.assert_allclose(found["val_mae"], np.abs(predicted - y).mean(1), rtol=1e-5)
    np.testing.assert_allclose(
        found["val_rmse"], np.sqrt(np.square(predicted - y).mean(1)), rtol=1e-5
    )
    (scale,) = data.target_scaler.scale
    np.testing.assert_allclose(found["val_mse"], (found["val_rmse"] / scale).square(), rtol=1e-5)


def test_the_linear_model_beats_the_one_answer_where_it_can() -> None:
    for name, metric, least in (("steps", "val_rmse", 0.9), ("one", "val_mae", 0.5)):
        simple, linear = ArraysData.read(ArraysConfig(path=str(FOLDER / f"{name}.npz"))).baselines()
        assert linear.metrics[metric] < least * simple.metrics[metric]
    for name in ("symbols", "classes"):
        simple, linear = ArraysData.read(ArraysConfig(path=str(FOLDER / f"{name}.npz"))).baselines()
        assert linear.metrics["val_nats"] < simple.metrics["val_nats"]


def use_of(name: str) -> tuple[ArraysData, ArraysUse]:
    data = ArraysData.read(ArraysConfig(path=str(FOLDER / f"{name}.npz")))
    sizes = data.input_size, data.output_size, data.symbolic
    return data, ArraysUse(ModelDescription({}, data.manifest(), *sizes))


def test_sequences_of_any_length_are_answered_as_they_were_scored() -> None:
    data, use = use_of("steps")
    one = networks(data, 1)
    joined = numbers_at_every_step()
    sequences = np.split(joined["val_x"], joined["val_lengths"].cumsum()[:-1])
    found = np.concatenate(use.predict(one, sequences))
    scored = ArraysTask(data.config, data, CPU, torch.float32).evaluate(one, "val", None)
    assert np.abs(found - joined["val_y"]).mean() == pytest.approx(float(scored["val_mae"]), 1e-4)
    assert use.predict(one, np.zeros((3, 5, 2))).shape == (3, 5, 2)
    with pytest.raises(ModelError, match=r"sequence 1 must be numbers of shape \(time steps, 2\)"):
        use.predict(one, [np.zeros((4, 2)), np.zeros((4, 3))])


def test_sequences_get_their_class() -> None:
    data, use = use_of("symbols")
    one = networks(data, 1, head="last")
    found = use.classify(one, [[0, 1, 2], [4]])
    assert found.classes == ("even", "odd")
    assert set(found.labels) <= {"even", "odd"}
    np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-6)
    with pytest.raises(ModelError, match="symbols are numbered from 0 to 4"):
        use.classify(one, [[5]])
    with pytest.raises(ModelError, match="use predict"):
        use_of("one")[1].classify(one, [[1.0]])


def changed(arrays: Arrays, **others: Any) -> Arrays:
    return {name: one for name, one in {**arrays, **others}.items() if one is not None}


ONE, STEPS, SYMBOLS = one_number(), numbers_at_every_step(), classes_of_symbols()
HOLED = ONE["train_x"].copy()
HOLED[2, 4] = np.nan
RAGGED = np.array([np.zeros(2), np.zeros(3)], dtype=object)

REFUSED = {
    "a part is missing": (
        changed(ONE, val_x=None),
        {},
        "holds no val_x; it holds train_x",
    ),
    "a part is there twice": (changed(ONE, x_train=ONE["train_x"]), {}, "both train_x and x_train"),
    "objects": (changed(ONE, train_x=RAGGED), {}, "numpy.concatenate.*into train_lengths"),
    "texts": (changed(ONE, train_x=np.array([["a"]])), {}, "type: labels"),
    "one axis": (changed(ONE, train_x=np.zeros(14)), {}, r"must be \(sequences, time steps, feat"),
    "a hole": (changed(ONE, train_x=HOLED), {}, "nan in sequence 2, time step 4"),
    "other lengths": (
        changed(STEPS, val_lengths=STEPS["val_lengths"] + 1),
        {},
        "9 sequences with .* x must be padded",
    ),
    "an empty sequence": (
        changed(STEPS, val_lengths=STEPS["val_lengths"] * 0),
        {},
        "is 0 for sequence 0",
    ),
    "other features": (changed(ONE, val_x=np.zeros((9, 6, 2))), {}, "1 in train, 2 in val"),
    "other rows": (changed(ONE, val_y=np.zeros(7)), {}, "a row for each of 9 sequences"),
    "every is not there": (ONE, {"answers": "every"}, "with task.answers: every"),
    "amounts or classes": (
        changed(ONE, train_y=np.arange(14), val_y=np.arange(60)[:9] * 9, test_y=np.arange(8)),
        {"targets": "classes"},
        "stands in no training answer",
    ),
    "one class": (
        changed(
            SYMBOLS,
            y_train=SYMBOLS["y_train"] == "?",
            y_val=np.zeros(9, bool),
            y_test=np.zeros(8, bool),
        ),
        {},
        "at least two classes",
    ),
    "ignored": (
        changed(ONE, train_y=np.full(14, -100), val_y=np.full(9, 1), test_y=np.full(8, 1)),
        {},
        "which elsewhere means no answer",
    ),
    "no symbols": (ONE, {"inputs": "symbols"}, "whole numbers from 0 on"),
    "a hole in y": (changed(ONE, val_y=np.full(9, np.nan)), {}, "val_y holds nan as answer 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_and_why(case: str) -> None:
    arrays, keys, why = REFUSED[case]
    with pytest.raises(DataError, match=why):
        read(arrays, **keys)


def test_whole_numbers_of_many_values_are_not_guessed() -> None:
    draw = np.random.default_rng(0)
    many = {f"{part}_x": draw.normal(size=(200, 4)) for part in COUNTS}
    many |= {f"{part}_y": np.arange(200) for part in COUNTS}
    with pytest.raises(DataError, match=r"200 different values. Are they amounts"):
        read(many)
    assert not read(many, targets="numbers").classes
    assert len(read(many, targets="classes").classes) == 200


def test_whole_numbers_without_features_may_be_amounts() -> None:
    data = read(SYMBOLS, inputs="numbers")
    assert not data.symbolic
    assert data.input_size == 1


def test_one_answer_of_many_outputs_can_be_asked_for() -> None:
    arrays = {f"{part}_x": ONE[f"{part}_x"] for part in COUNTS}
    arrays |= {f"{part}_y": ONE[f"{part}_x"] for part in COUNTS}
    assert read(arrays).every
    data = read(arrays, answers="last")
    assert (data.every, data.output_size) == (False, 6)


def test_the_hash_is_of_the_arrays_whatever_the_file(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "again.npz", **dict(reversed(ONE.items())))  # type: ignore[arg-type]
    again = ArraysData.read(ArraysConfig(path=str(tmp_path / "again.npz")))
    assert again.sha256() == read(ONE).sha256()
    assert read(changed(ONE, val_y=ONE["val_y"] + 1)).sha256() != again.sha256()


def test_what_is_not_used_and_what_is_missing_is_said() -> None:
    data = read(changed(ONE, test_x=None, test_y=None, extra=np.zeros(2)))
    said = " ".join(data.notes())
    assert "also holds extra" in said
    assert "no test_x" in said


def test_numbers_are_pictured_in_the_units_of_y(tmp_path: Path) -> None:
    for name, head, outputs in (("one", "last", 1), ("steps", "every", 2)):
        data = ArraysData.read(ArraysConfig(path=str(FOLDER / f"{name}.npz")))
        task = ArraysTask(data.config, data, CPU, torch.float32)
        many = networks(data, 1, head=head)
        arrays = task.picture(many)
        raw = {"one": one_number, "steps": numbers_at_every_step}[name]()["val_y"]
        truth = raw.reshape(-1, outputs)[:, 0]
        np.testing.assert_allclose(np.sort(arrays["actual"]), np.sort(truth), rtol=1e-4)
        off = float(np.abs(arrays["predicted"] - arrays["actual"]).mean())
        if outputs == 1:
            assert off == pytest.approx(
                float(task.evaluate(many, "val", None)["val_mae"]), rel=1e-4
            )
            assert str(arrays["quantity"]) == "y"
        (figure,) = figures_of(task, many, "")
        figure.draw(tmp_path / "numbers.png", "numbers")
        assert (tmp_path / "numbers.png").stat().st_size > 1000
