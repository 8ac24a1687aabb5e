"""Arrays of numpy, torch, pandas and data sets of torch as the file of the task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset, TensorDataset

from rnnsearch.errors import DataError
from rnnsearch.tasks.given_arrays.config import ArraysConfig
from rnnsearch.tasks.given_arrays.data import ArraysData
from rnnsearch.tasks.given_arrays.in_memory import Arrays

DRAW = np.random.default_rng(0)
X, Y = DRAW.normal(size=(12, 5, 2)), DRAW.normal(size=12)
RAGGED = [DRAW.normal(size=(steps, 2)) for steps in (3, 1, 4, 4, 2)]
EVERY = [one.sum(1) for one in RAGGED]
WORDS = ["up", "down", "up", "down", "up"]


def read(folder: Path, **parts: Any) -> ArraysData:
    keys = Arrays(**parts).write(folder)
    assert keys.pop("type") == "arrays"
    return ArraysData.read(ArraysConfig(**keys))


def test_libraries_of_arrays_are_alike(tmp_path: Path) -> None:
    plain = read(tmp_path, train=(X, Y), val=(X, Y))
    for x, y in (
        (torch.tensor(X, requires_grad=True), torch.tensor(Y)),
        (list(X), pd.Series(Y)),
        ([pd.DataFrame(one) for one in X], list(Y)),
        (X.tolist(), pd.Series(Y, dtype="Float64")),
    ):
        assert read(tmp_path, train=(x, y), val=(x, y)).sha256() == plain.sha256()
    assert len(list(tmp_path.iterdir())) == 1  # what is equal is written once


def test_sequences_of_unequal_length_keep_their_ends(tmp_path: Path) -> None:
    data = read(tmp_path, train=(RAGGED, EVERY), val=(RAGGED, EVERY))
    assert data.every
    assert data.scaler is not None
    assert data.target_scaler is not None
    for at, (x, y) in enumerate(zip(RAGGED, EVERY, strict=True)):
        np.testing.assert_allclose(data.scaler.undo(data.inputs["train"][at]), x, rtol=1e-5)
        found = data.target_scaler.undo(data.targets["train"][at])
        np.testing.assert_allclose(found[:, 0], y)
    padded = pad_sequence([torch.tensor(one) for one in RAGGED], batch_first=True)
    lengths = [len(one) for one in RAGGED]
    other = read(tmp_path, train=(padded, WORDS, lengths), val=(RAGGED, pd.Series(WORDS)))
    assert other.classes == ("down", "up")
    np.testing.assert_array_equal(other.inputs["train"].values, other.inputs["val"].values)


def test_keys_of_the_task_stand_beside(tmp_path: Path) -> None:
    data = read(tmp_path, train=(X, Y), val=(X, Y), keys={"scaler": "none"})
    np.testing.assert_array_equal(data.inputs["val"].values, X.reshape(-1, 2).astype(np.float32))


class Ragged(Dataset[Any]):
    """Items that are dicts, as data sets give them."""

    def __len__(self) -> int:
        return len(RAGGED)

    def __getitem__(self, at: int) -> Any:
        return {"series": torch.tensor(RAGGED[at]), "way": WORDS[at]}


def collate(items: list[Any]) -> tuple[Any, Any, Any]:
    """Padded to one length always, with the lengths."""
    x = torch.zeros(len(items), 6, 2, dtype=torch.float64)
    for at, one in enumerate(items):
        x[at, : len(one["series"])] = one["series"]
    return x, [one["way"] for one in items], [len(one["series"]) for one in items]


def test_a_dataset_is_read_once(tmp_path: Path) -> None:
    pairs = TensorDataset(torch.tensor(X), torch.tensor(Y))
    plain = read(tmp_path, train=(X, Y), val=(X, Y))
    assert read(tmp_path, train=pairs, val=DataLoader(pairs, 4)).sha256() == plain.sha256()
    words = read(tmp_path, train=(RAGGED, WORDS), val=(RAGGED, WORDS))
    custom = read(
        tmp_path, train=Ragged(), val=DataLoader(Ragged(), collate_fn=collate), collate=collate
    )
    assert custom.sha256() == words.sha256()


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((X,), r"train must be \(x, y\)"),
        (5, "not a int"),
        (Ragged(), r"item 0 of the Dataset is no pair \(x, y\); give `collate=`"),
        (([X[0], X[0, :, :1]], Y[:2]), "must have one shape"),
        (([], []), "empty list"),
        ((RAGGED, EVERY, [1, 2]), "Leave the lengths out"),
        ((RAGGED, [one[:1] for one in EVERY[:4]] + [EVERY[4]]), "not the lengths of the sequences"),
        ((np.array([[object()]]), Y), "Python objects"),
    ],
)
def test_what_is_refused(tmp_path: Path, given: Any, why: str) -> None:
    with pytest.raises(DataError, match=why):
        read(tmp_path, train=given, val=(X, Y))
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"Give the study another storage: Study\(..., storage"):
        read(tmp_path / "file" / "folder", train=(X, Y), val=(X, Y))
