"""Folds of a task's sequences: how they are drawn, refused, told of, and what baselines give."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.folded_tasks import TASKS, without_folds

from rnnsearch.errors import DataError
from rnnsearch.tasks.folds import drawn_folds
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sequences.config import GroupedConfig
from rnnsearch.tasks.splits import TableSplitConfig


def test_folds_need_sequences(tmp_path: Path) -> None:
    rows = ["id,x,label"]
    rows += [f"s{number},{number},{'ab'[number % 2]}" for number in range(6)]
    path = tmp_path / "few.csv"
    path.write_text("\n".join([*rows, "last,9,c"]) + "\n", encoding="utf-8")
    none = TableSplitConfig(train=0.9, val=0.1, test=0.0)
    few: dict[str, Any] = {"path": str(path), "id": "id", "features": ("x",), "split": none}
    with pytest.raises(DataError, match=r"at most task\.validation\.folds: 7"):
        load_data(LabelsConfig(validation=GroupedConfig(folds=8), **few))
    with pytest.raises(DataError, match="all 1 sequences of the class 'c' are in one fold"):
        load_data(LabelsConfig(validation=GroupedConfig(folds=3), **few))
    with pytest.raises(DataError, match="must be 0 for none, or at least 2"):
        load_data(LabelsConfig(validation=GroupedConfig(folds=1), **few))


def test_equal_sequences_share_a_fold_and_classes_are_spread() -> None:
    keys = [n % 20 for n in range(60)]
    classes = np.array([n % 20 // 10 for n in range(60)])
    folds = drawn_folds(keys, classes, 5, 0)
    assert sorted(np.concatenate(folds).tolist()) == list(range(60))
    for fold in folds:
        own = {keys[at] for at in fold.tolist()}
        assert len(fold) == 12 == 3 * len(own)
        assert np.bincount(classes[fold]).tolist() == [6, 6]
    assert any((a != b).any() for a, b in zip(folds, drawn_folds(keys, classes, 5, 1), strict=True))


def test_a_small_validation_part_is_told_of_folds() -> None:
    plain = load_data(without_folds(TASKS["labels"]))
    (note,) = [note for note in plain.notes() if "validation part holds" in note]
    assert "holds 6 sequences" in note
    assert "an accuracy by up to 0.40 (95 %): task.validation: {folds: 5}" in note
    assert not any("part holds" in note for note in load_data(TASKS["labels"]).notes())


def test_folds_of_parts_that_are_given(tmp_path: Path) -> None:
    """A validation part that is given joins the training part, and the test part stays."""
    rows = ["id,x,way,part"]
    for number in range(30):
        part = ("train", "train", "val", "test", "train")[number % 5]
        rows.append(f"s{number},{number},{'ab'[number % 2]},{part}")
    path = tmp_path / "given.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    task = LabelsConfig(
        path=str(path),
        id="id",
        features=("x",),
        label="way",
        split=TableSplitConfig(column="part"),
        validation=GroupedConfig(folds=4),
    )
    data = load_data(task)
    assert data.rows() == {"train": 24, "test": 6}
    assert not any("is taken for it" in note for note in data.notes())
    assert any("validated on 4 folds of the 24 sequences" in note for note in data.notes())


@pytest.mark.parametrize("name", TASKS)
def test_baselines_are_scored_fold_by_fold(name: str) -> None:
    data: Any = load_data(TASKS[name])
    of_folds = [data.fold(number)[0].baselines() for number in range(3)]
    plain = replace(data, fold_numbers=()).baselines()
    for number, one in enumerate(data.baselines()):
        for metric in data.metrics():
            values = [scores[number].metrics[metric.name] for scores in of_folds]
            assert one.metrics[metric.name] == pytest.approx(sum(values) / 3)
            tested = metric.name.replace("val_", "test_")
            assert one.metrics[tested] == plain[number].metrics[tested]
        assert one.note.endswith("; mean of 3 folds")
    assert all("the mean of 3" in metric.meaning for metric in data.metrics())
