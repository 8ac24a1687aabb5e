"""Studies without a space file: what they hold, where their arrays lie, and the file they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from unit.tasks.custom_examples.custom_tasks import Echo

from rnnsearch import Arrays, Study, choice, loguniform
from rnnsearch.errors import SpaceFileError
from rnnsearch.tasks.sine.config import SineConfig

DRAW = np.random.default_rng(0)
X = DRAW.normal(size=(12, 5, 2))
DATA = Arrays(train=(X, X.sum((1, 2))), val=(X, X.sum((1, 2))))


def test_arrays_are_written_to_the_storage(tmp_path: Path) -> None:
    study = Study(
        task=DATA,
        model={"cell": choice(["gru", "lstm"]), "hidden_size": 4},
        training={"learning_rate": loguniform(1e-3, 1e-1), "batch_size": 4},
        storage=tmp_path,
    )
    (file,) = tmp_path.glob(".arrays/*.npz")
    assert study.spec.values["task.path"] == str(file)
    assert study.directory.name == "arrays"
    assert study.spec.search.metric == "val_mse"
    assert list(study.spec.parameters) == ["model.cell", "training.learning_rate"]


def test_the_file_that_it_makes_is_the_same_study(tmp_path: Path) -> None:
    study = Study(task=DATA, training={"batch_size": 4}, name="mine", storage=tmp_path)
    text = study.to_yaml(tmp_path / "space.yaml")
    assert text == study.spec.yaml
    again = Study.from_yaml(tmp_path / "space.yaml", storage=tmp_path)
    assert again.spec == study.spec


def test_a_task_may_be_a_config_or_a_class(tmp_path: Path) -> None:
    def values(task: object) -> dict[str, object]:
        return dict(Study(task=task, storage=tmp_path).spec.values)

    assert values(SineConfig(num_points=50)) == values({"type": "sine", "num_points": 50})
    echo = f"{Echo.__module__}:Echo"
    assert values(Echo) == values({"type": echo})
    assert values(Echo(delay=3)) == values({"type": echo, "delay": 3})


def test_mistakes_are_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(SpaceFileError, match=r"Study\(...\): training.learning_rat: unknown key"):
        Study(task={"type": "sine"}, training={"learning_rat": 1}, storage=tmp_path)
    with pytest.raises(SpaceFileError, match=r"task: must be a mapping with a `type`"):
        Study(storage=tmp_path)
    with pytest.raises(SpaceFileError, match=r"task\.path: .* a row for each of 12 sequences"):
        Study(task=replace(DATA, val=(X, X[:3, 0, 0])), storage=tmp_path)


def test_a_batch_that_is_too_large_is_told_at_its_key(tmp_path: Path) -> None:
    with pytest.raises(SpaceFileError, match=r"training\.batch_size: the training part holds 12"):
        Study(task=DATA, training={"batch_size": 64}, storage=tmp_path)


@dataclass(frozen=True)
class Local:
    """A custom task that lacks everything."""

    __module__ = "__main__"


def test_a_task_of_the_script_is_told_where_to_live(tmp_path: Path) -> None:
    with pytest.raises(SpaceFileError, match=r"task\.type: Local is defined in this script"):
        Study(task=Local, storage=tmp_path)


def test_what_a_study_is_made_of_stays_as_it_was(tmp_path: Path) -> None:
    study = Study(task={"type": "sine"}, storage=tmp_path)
    assert Study(study.spec, study.directory, True, 3).more_trials == 3
    assert replace(study, resumed=True).spec is study.spec
    assert replace(study) == study
