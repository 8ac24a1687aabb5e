"""Parts that are drawn where arrays come without them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnsearch.errors import DataError
from rnnsearch.tasks.given_arrays.config import ArraysConfig, problems
from rnnsearch.tasks.given_arrays.data import ArraysData
from rnnsearch.tasks.given_arrays.drawn_parts import drawn_parts
from rnnsearch.tasks.given_arrays.in_memory import Arrays
from rnnsearch.tasks.ragged import Ragged
from rnnsearch.tasks.splits import SplitConfig

DRAW = np.random.default_rng(0)
X = np.arange(200.0).repeat(3).reshape(100, 3, 2)
NUMBERS = X[:, 0, 0] / 2 * 7


def classes_of(numbers: Any) -> Ragged:
    return Ragged(np.asarray(numbers), np.arange(len(numbers) + 1))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=12, max_size=60), st.booleans())
def test_every_sequence_is_in_one_part(kinds: list[int], tested: bool) -> None:
    numbered = np.unique(kinds, return_inverse=True)[1]
    split = SplitConfig(train=0.5, val=0.25, test=0.25)
    parts = drawn_parts(split, classes_of(numbered), numbered.max() + 1, tested=tested, place="x")
    together = np.concatenate(list(parts.values()))
    np.testing.assert_array_equal(np.sort(together), np.arange(len(kinds)))
    assert list(parts) == (["train", "val"] if tested else ["train", "val", "test"])
    for kind in np.unique(numbered):
        shares = [(numbered[some] == kind).sum() for some in parts.values()]
        total, share = sum(shares), split.train / (0.75 if tested else 1.0)
        assert abs(shares[0] - share * total) <= 1


def read(folder: Path, **arrays: Any) -> ArraysData:
    keys = arrays.pop("keys", {})
    np.savez(folder / "data.npz", **arrays)
    return ArraysData.read(ArraysConfig(path=str(folder / "data.npz"), **keys))


def test_a_file_without_parts_is_drawn_from(tmp_path: Path) -> None:
    data = read(tmp_path, x=X, y=NUMBERS)
    assert data.rows() == {"train": 80, "val": 10, "test": 10}
    assert "of 100 sequences 80 for train, 10 for val, 10 for test are drawn" in data.notes()[1]
    assert data.scaler is not None
    assert data.target_scaler is not None
    for part, inputs in data.inputs.items():
        firsts = data.scaler.undo(inputs.values)[inputs.starts[:-1], 0]
        answers = data.target_scaler.undo(data.targets[part].values)[:, 0]
        np.testing.assert_allclose(answers, firsts / 2 * 7, rtol=1e-4, atol=1e-3)
    assert read(tmp_path, train_x=X, train_y=NUMBERS).sha256() == data.sha256()
    other = read(tmp_path, x=X, y=NUMBERS, keys={"split": SplitConfig(train=0.5, val=0.5, test=0)})
    assert other.rows() == {"train": 50, "val": 50}
    assert "the champion is scored on val alone" in other.notes()[-1]


def test_a_given_test_part_stays(tmp_path: Path) -> None:
    data = read(tmp_path, train_x=X[:90], train_y=NUMBERS[:90], test_x=X[90:], test_y=NUMBERS[90:])
    assert data.rows() == {"train": 80, "val": 10, "test": 10}
    assert data.scaler is not None
    tests = data.scaler.undo(data.inputs["test"].values)
    np.testing.assert_allclose(tests, X[90:].reshape(-1, 2), rtol=1e-4)


def test_answers_of_every_step_and_lengths_go_with_them(tmp_path: Path) -> None:
    lengths = DRAW.integers(1, 4, 100)
    y = np.where(np.arange(3) < lengths[:, None], X[..., 0] % 2, -1).astype(int)
    data = read(tmp_path, x=X, y=y, lengths=lengths)
    assert data.classes == ("0", "1")
    assert sum(len(one.values) for one in data.inputs.values()) == lengths.sum()
    for part, inputs in data.inputs.items():
        np.testing.assert_array_equal(inputs.starts, data.targets[part].starts)


def test_from_python_train_alone_will_do(tmp_path: Path) -> None:
    written = Arrays(train=(X, NUMBERS), keys={"targets": "numbers"}).write(tmp_path)
    assert ArraysData.read(ArraysConfig(**written)).rows()["val"] == 10


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="2 sequences are too few to draw a val part"):
        read(tmp_path, x=X[:2], y=NUMBERS[:2])
    with pytest.raises(DataError, match="holds no train_x; it holds val_x, val_y"):
        read(tmp_path, val_x=X, val_y=NUMBERS)
    steps = np.zeros((20, 3), dtype=int)
    whole = classes_of(np.zeros(20, dtype=int))
    steps[drawn_parts(SplitConfig(), whole, 0, tested=False, place="")["val"][0]] = 1
    with pytest.raises(DataError, match="lacks the class number 1"):
        read(tmp_path, x=X[:20], y=steps)
    wrong = ArraysConfig(path="a.npz", split=SplitConfig(train=1.0, val=0.0, test=0.0))
    assert problems(wrong)[0][0] == "split.val"
