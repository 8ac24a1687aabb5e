"""Folds of sequences in arrays: what joins the training part, what is drawn, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.folds import ValidationConfig
from rnnsearch.tasks.given_arrays.config import ArraysConfig, problems
from rnnsearch.tasks.given_arrays.data import ArraysData
from rnnsearch.tasks.splits import SplitConfig

X = np.random.default_rng(1).normal(size=(40, 5, 2))
TEST = {"test_x": X[:4] + 1, "test_y": np.arange(4.0)}


def read(tmp_path: Path, folds: int = 4, split: Any = None, **arrays: Any) -> ArraysData:
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    validation = ValidationConfig(folds=folds)
    return ArraysData.read(
        ArraysConfig(path=str(path), validation=validation, split=split or SplitConfig())
    )


def test_a_given_validation_part_joins_the_training_part(tmp_path: Path) -> None:
    y = np.arange(40.0)
    arrays = {"train_x": X[:30], "train_y": y[:30], "val_x": X[30:], "val_y": y[30:]}
    data = read(tmp_path, **arrays, **TEST)
    assert data.rows() == {"train": 40, "test": 4}
    assert data.scaler is not None
    np.testing.assert_allclose(
        data.scaler.undo(data.inputs["train"].values), X.reshape(-1, 2), atol=1e-6
    )
    assert data.target_scaler is not None
    assert data.target_scaler.undo(data.targets["train"].values)[:, 0] == pytest.approx(y)
    assert "scalers are fitted on all folds" in " ".join(data.notes())


@pytest.mark.parametrize(
    ("test", "split", "rows"),
    [
        ({}, None, {"train": 36, "test": 4}),
        (TEST, None, {"train": 40, "test": 4}),
        ({}, SplitConfig(train=1.0, val=0.0, test=0.0), {"train": 40}),
    ],
)
def test_no_validation_part_is_drawn(tmp_path: Path, test: Any, split: Any, rows: Any) -> None:
    names = ("train_x", "train_y") if test else ("x", "y")
    data = read(tmp_path, split=split, **dict(zip(names, (X, X.sum((1, 2))), strict=True)), **test)
    assert data.rows() == rows
    assert not problems(data.config)
    notes = " ".join(data.notes())
    assert ("there is no test_x: of 40 sequences 36 for train, 4 for test are" in notes) == (
        not test and split is None
    )
    assert "val_x" not in notes
    assert ("the champion is scored on its folds alone" in notes) == ("test" not in rows)


def test_equal_sequences_share_a_fold_and_few_of_a_class_are_refused(tmp_path: Path) -> None:
    whole = SplitConfig(train=1.0, val=0.0, test=0.0)
    data = read(tmp_path, split=whole, x=np.concatenate([X[:20], X[:20]]), y=np.arange(40) % 2 == 0)
    for fold in data.fold_numbers:
        assert set((fold + 20) % 40) == set(fold.tolist())
    y = np.where(np.arange(40) == 3, "rare", np.where(np.arange(40) % 2, "odd", "even"))
    with pytest.raises(DataError, match="all 1 sequences of the class 'rare' are in one fold"):
        read(tmp_path, split=whole, x=X, y=y)
    with pytest.raises(DataError, match=r"at most task\.validation\.folds: 40"):
        read(tmp_path, folds=41, split=whole, x=X, y=X.sum((1, 2)))
