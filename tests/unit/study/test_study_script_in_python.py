"""A training script as the task of a study that is made in Python."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from unit.training.test_script_trials import walk

from rnnsearch import Script, Study, choice, loguniform
from rnnsearch.errors import SpaceFileError
from rnnsearch.given_code.source import source_of
from rnnsearch.space.trial import first_task
from rnnsearch.tasks.load import load_data


def study_of(function: Any, folder: Path, **more: Any) -> Study:
    return Study(
        task=Script(function=function, **more),
        params={"width": loguniform(1.0, 2.0), "kind": choice(["a", "b"])},
        training={"max_epochs": 4},
        search={"num_trials": 3},
        storage=folder,
    )


def test_it_says_what_a_space_file_says(tmp_path: Path) -> None:
    grace = timedelta(minutes=2)
    study = study_of(walk, tmp_path, process="own", stop_grace_period=grace, goal="maximize")
    values = {key: value for key, value in study.spec.values.items() if key.startswith("task.")}
    assert values == {
        "task.type": "script",
        "task.function": "unit.training.test_script_trials:walk",
        "task.metric": "val_loss",
        "task.goal": "maximize",
        "task.process": "own",
        "task.stop_grace_period": 120.0,
    }
    assert list(study.spec.parameters) == ["params.width", "params.kind"]
    (tmp_path / "space.yaml").write_text(study.to_yaml())
    assert Study.from_yaml(tmp_path / "space.yaml", storage=tmp_path).spec == study.spec


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A training script that the running script defines."""

    def train(config: Any, state: Any = None) -> Iterator[Any]:
        yield {"val_loss": 1.0}

    train.__module__ = "__main__"
    monkeypatch.setattr(sys.modules["__main__"], "train", train, raising=False)
    return train


def test_one_of_the_running_script_is_known_by_its_own_source_alone(
    tmp_path: Path, here: Any
) -> None:
    study = study_of(here, tmp_path)
    assert study.spec.values["task.function"].startswith("__main__:train_")
    assert load_data(first_task(study.spec)).manifest() == {"source": source_of(here)}
    with pytest.raises(SpaceFileError, match="no process of its own can import"):
        study_of(here, tmp_path, process="own")
