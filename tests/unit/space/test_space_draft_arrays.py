"""`init` on files of arrays: event frames, inputs with targets, and what no task reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from rnnsearch.errors import DataError
from rnnsearch.space.describe import describe
from rnnsearch.space.draft import draft
from rnnsearch.space.load import loads
from rnnsearch.space.roles import Answers

DRAW = np.random.default_rng(7)


def rolls(count: int) -> np.ndarray:
    """Piano rolls of unequal lengths, as a cell array."""
    cells = np.empty(count, dtype=object)
    for at in range(count):
        cells[at] = (DRAW.random((5 + at % 3, 12)) < 0.2).astype(float)
    return cells


X, Y = DRAW.normal(size=(60, 5, 2)), DRAW.integers(0, 3, 60)
PAIRS = {"train_x": X[:40], "train_y": Y[:40], "val_x": X[40:], "val_y": Y[40:]}
FILES: dict[str, tuple[str, dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "music": (
        "x.mat",
        {"traindata": rolls(20), "validdata": rolls(5), "testdata": rolls(5)},
        {"task.type": "events"},
        ("20 sequences of 12 events, 5 to 7 time steps", "traindata: 20 arrays"),
    ),
    "rolls of one length": (
        "x.npz",
        {"train": X[:40] > 0, "val": X[40:] > 0},
        {"task.type": "events", "search.metric": "val_nll"},
        ("train: bool of shape (40, 5, 2)", "no test part"),
    ),
    "classes": (
        "x.npz",
        {**PAIRS, "extra": Y},
        {"task.type": "arrays", "search.metric": "val_accuracy"},
        ("one of 3 classes for each sequence", "also holds extra", "train_y: int64"),
    ),
    "without parts": (
        "x.npz",
        {"X": X, "y": Y / 2},
        {"task.type": "arrays", "search.metric": "val_mae", "task.split.train": 0.7},
        ("a number for each sequence", "there is no val_x"),
    ),
    "symbols with numbers": (
        "x.npz",
        {
            "x_train": DRAW.integers(0, 9, (40, 5)),
            "y_train": DRAW.normal(size=(40, 5)),
            "x_valid": DRAW.integers(0, 9, (9, 5)),
            "y_valid": DRAW.normal(size=(9, 5)),
        },
        {"task.type": "arrays", "search.metric": "val_mae"},
        ("9 symbols a time step, with a number for each time step",),
    ),
}


def kept(path: Path, arrays: dict[str, Any]) -> Path:
    if path.suffix == ".mat":
        savemat(path, arrays)
    else:
        np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("name", FILES)
def test_files_of_arrays(tmp_path: Path, name: str) -> None:
    file, arrays, values, said = FILES[name]
    drafted = draft(kept(tmp_path / file, arrays))
    assert drafted.problem == ""
    for words in said:
        assert words in "\n".join(drafted.remarks)
    spec = loads(drafted.yaml, name="x", directory=tmp_path)
    written = {**spec.values, "search.metric": spec.search.metric}
    assert {key: written[key] for key in values} == values
    assert describe(spec).rows["val"]


@pytest.mark.parametrize(
    ("file", "arrays", "answers", "complaint"),
    [
        ("x.npz", {"roll": X}, Answers(), "holds roll: float64 of shape (60, 5, 2). Read are"),
        ("x.npz", {"train": X > 0}, Answers(), "holds no val or valid"),
        ("x.npz", {"train": X, "val": X}, Answers(), "values other than 0 and 1"),
        ("x.npz", {"train_x": X}, Answers(), "holds no train_y"),
        ("x.npz", PAIRS, Answers(task="labels"), "which `events` and `arrays` read"),
        ("x.npz", PAIRS, Answers(task="events"), "holds no train or traindata"),
    ],
)
def test_what_no_task_reads(
    tmp_path: Path, file: str, arrays: dict[str, Any], answers: Answers, complaint: str
) -> None:
    with pytest.raises(DataError) as caught:
        draft(kept(tmp_path / file, arrays), answers)
    assert complaint in str(caught.value)


def test_one_array_without_a_name(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(DataError, match="one array without a name"):
        draft(tmp_path / "x.npy")


def test_the_remedy_that_is_printed_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError) as caught:
        draft(kept(tmp_path / "x.mat", PAIRS))
    _, _, line = str(caught.value).partition("from .npz alone: ")
    line = line.replace("python", sys.executable, 1)
    subprocess.run(line, shell=True, check=True, cwd=tmp_path)
    drafted = draft(tmp_path / "x-parts.npz")
    assert drafted.problem == ""
    assert "one of 3 classes" in "\n".join(drafted.remarks)
