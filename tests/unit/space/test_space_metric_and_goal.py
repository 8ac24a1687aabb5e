"""A goal that a file has beside one metric, where the command line takes another one."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnsearch.errors import SpaceFileError
from rnnsearch.goal import Goal
from rnnsearch.space.load import load

RESOLVED = """
task: {type: series, path: tide.csv, targets: [level], horizon: 4, context: 8}
search: {metric: val_mae, goal: minimize}
"""


def written(folder: Path) -> Path:
    rows = [f"{at % 24 + at % 7}" for at in range(300)]
    (folder / "tide.csv").write_text("\n".join(["level", *rows]) + "\n")
    file = folder / "space.yaml"
    file.write_text(RESOLVED)
    return file


def test_another_metric_brings_its_own_goal(tmp_path: Path) -> None:
    spec = load(written(tmp_path), ["search.metric=val_valid_steps"])
    assert spec.search.goal == Goal.MAXIMIZE


def test_a_goal_that_is_given_with_it_is_held_against_it(tmp_path: Path) -> None:
    both = ["search.metric=val_valid_steps", "search.goal=minimize"]
    with pytest.raises(SpaceFileError, match="its goal is maximize"):
        load(written(tmp_path), both)
