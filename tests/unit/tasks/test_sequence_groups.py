"""Sequences of one group, such as a person: in one fold, and in one part where parts are drawn."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch.errors import DataError
from rnnsearch.tasks.labels.config import LabelsConfig
from rnnsearch.tasks.load import load_data
from rnnsearch.tasks.sequences.config import GroupedConfig
from rnnsearch.tasks.sequences.groups import joined
from rnnsearch.tasks.splits import TableSplitConfig
from rnnsearch.tasks.tags.config import TagsConfig
from rnnsearch.tasks.value.config import ValueConfig

STEPS: dict[str, Any] = {"id": "visit", "features": ("x",)}
TASKS: dict[str, Any] = {
    "texts": (LabelsConfig, {"text": "visit", "label": "kind"}),
    "labels": (LabelsConfig, {**STEPS, "label": "kind"}),
    "value": (ValueConfig, {**STEPS, "target": "end"}),
    "tags": (TagsConfig, {**STEPS, "label": "kind"}),
}


def written(path: Path, steps: int, people: int = 12, visits: int = 4) -> str:
    """Visits of some people, each of as many rows; `x` says whose a visit is."""
    rows = ["visit,x,kind,end,who,part"]
    for visit in range(people * visits):
        person = visit % people
        part = "test" if visit % 10 == 7 else "train"
        rows += [
            f"v{visit},{person + step / 10 + visit / 1000},{'ab'[visit % 2]},{visit / 3},"
            f"p{person},{part}"
            for step in range(steps)
        ]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def data_of(tmp_path: Path, name: str, **settings: Any) -> Any:
    kind, columns = TASKS[name]
    path = written(tmp_path / "visits.csv", 1 if name == "texts" else 3)
    validation = GroupedConfig(folds=settings.pop("folds", 0), group="who")
    return load_data(kind(path=path, validation=validation, **columns, **settings))


def people_of(data: Any, part: str, places: Any = None) -> list[str]:
    """Whose each sequence of a part is: the first number of its first time step, unscaled, or the
    number in the text."""
    encoder, some = data.encoder, data.sequences[part]
    own = [some[at] for at in (range(len(some)) if places is None else places)]
    if data.symbolic:
        return [str(int(encoder.decode(codes)[1:]) % 12) for codes in own]
    scale = encoder.scaler
    return [str(int(scale.undo(steps)[0, 0] + 1e-4)) for steps in own]


@pytest.mark.parametrize("name", TASKS)
def test_nobody_stands_in_two_folds_or_parts(tmp_path: Path, name: str) -> None:
    shares = TableSplitConfig(train=0.5, val=0.25, test=0.25)
    data = data_of(tmp_path, name, folds=3, split=shares)
    of_folds = [set(people_of(data, "train", fold.tolist())) for fold in data.fold_numbers]
    people = [*of_folds, set(people_of(data, "test"))]
    assert all(people)
    assert sum(map(len, people)) == len(set.union(*people)) == 12
    assert "each of the 12 groups in 'who' stay together" in " ".join(data.notes())
    plain = data_of(tmp_path, name, split=shares)
    people = [set(people_of(plain, part)) for part in ("train", "val", "test")]
    assert sum(map(len, people)) == len(set.union(*people)) == 12


def test_given_parts_that_share_a_group_are_told(tmp_path: Path) -> None:
    data = data_of(tmp_path, "labels", folds=3, split=TableSplitConfig(column="part"))
    assert data.rows() == {"train": 43, "test": 5}
    assert "the given parts share some: 5 in train and test" in " ".join(data.notes())


def test_groups_that_share_an_equal_sequence_are_one() -> None:
    keys: list[Hashable] = [1, 2, 2, 3, 4, 3]
    one = joined(keys, ["a", "a", "b", "b", "c", "d"])
    assert [one.index(name) for name in one] == [0, 0, 0, 0, 4, 0]


def test_too_few_groups_and_a_group_that_changes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds 11 groups of sequences \(who\), too few for 12"):
        data_of(tmp_path, "value", folds=12)
    path = Path(written(tmp_path / "x.csv", 2))
    path.write_text(path.read_text().replace(",p3,", ",p4,", 1), encoding="utf-8")
    config = LabelsConfig(path=str(path), label="kind", **STEPS)
    with pytest.raises(DataError, match="'v3' has several groups: p3, p4") as refusal:
        load_data(LabelsConfig(**{**vars_of(config), "validation": GroupedConfig(group="who")}))
    assert refusal.value.key == "task.validation.group"
    with pytest.raises(DataError, match="names 'visit' twice"):
        load_data(LabelsConfig(**{**vars_of(config), "validation": GroupedConfig(group="visit")}))


def vars_of(config: LabelsConfig) -> dict[str, Any]:
    return {"path": config.path, "label": config.label, **STEPS}


def test_folds_of_groups_are_drawn_by_the_seed(tmp_path: Path) -> None:
    draws = [
        np.concatenate(data_of(tmp_path, "value", folds=3, split_seed=seed).fold_numbers)
        for seed in (0, 0, 1)
    ]
    assert (draws[0] == draws[1]).all()
    assert len(draws[0]) != len(draws[2]) or (draws[0] != draws[2]).any()
