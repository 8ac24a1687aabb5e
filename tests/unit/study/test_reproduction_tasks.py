"""Trials of every kind of answer, and of folds, are the same when they are trained again."""

from __future__ import annotations

from pathlib import Path

import pytest
from contracts.side_by_side import side_by_side
from contracts.untrained import SHOPS, write_every_file

from rnnsearch.study.reproduction.reproduce import reproduce

WALKS = "path: walks.csv, id: walk, time: t"
FOLDS = "split: {train: 0.9, val: 0, test: 0.1}, validation: {folds: 3}"
TASKS = {
    "value": f"type: value, {WALKS}, features: [a], target: sum",
    "value in folds": f"type: value, {WALKS}, features: [a], target: sum, {FOLDS}",
    "tags": f"type: tags, {WALKS}, features: [a, b], label: way",
    "folds of a panel": f"{SHOPS}, targets: [p], {FOLDS}",
}
SPACE = """
task: {%s}
model: {cell: {choice: [gru, lstm]}, hidden_size: {int: [4, 7]}}
training: {learning_rate: {loguniform: [0.001, 0.1]}, steps_per_epoch: 4, max_epochs: 3}
search: {num_trials: 3, scheduler: {type: none}, seed: 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tasks")
    write_every_file(folder)
    return folder


@pytest.mark.parametrize("kind", TASKS)
def test_a_trial_beside_others_is_the_same_alone(folder: Path, kind: str, tmp_path: Path) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).symlink_to(file)
    study = side_by_side(tmp_path, SPACE % TASKS[kind], {1: 2})
    for number, epochs in ((0, 3), (1, 2)):
        done = reproduce(study.spec, study.directory, number, apart=False)
        assert done.lines()[0].startswith(f"0 bits differ in {epochs} epochs")
        assert done.comparison.losses == epochs
