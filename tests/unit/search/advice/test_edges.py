"""Ranges that end where the best trials lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnsearch.search.advice.edges import edges
from rnnsearch.space.load import loads
from rnnsearch.space.spec import StudySpec

SPACE = """
task: {type: sine}
model:
  cell: {choice: [rnn, gru, lstm]}
  hidden_size: {choice: [8, 16, 32]}
  num_layers: {int: [1, 4]}
  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 2}}}
training:
  learning_rate: {loguniform: [1e-4, 1e-2]}
  batch_size: {logint: [4, 64]}
"""


@pytest.fixture(scope="module")
def spec() -> StudySpec:
    return loads(SPACE, name="edges", directory=Path())


def best(**values: list[Any]) -> list[dict[str, Any]]:
    names = {
        "rate": "training.learning_rate",
        "size": "model.hidden_size",
        "layers": "model.num_layers",
        "dropout": "model.dropout",
        "batch": "training.batch_size",
        "cell": "model.cell",
    }
    columns = [[(names[name], one) for one in column] for name, column in values.items()]
    return [dict(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize(
    ("values", "param", "end", "proposed"),
    [
        ({"rate": [9e-3, 8e-3, 9.9e-3, 9e-3, 2e-3]}, "training.learning_rate", "high",
         {"loguniform": (1e-4, 0.1)}),
        ({"rate": [1.1e-4, 1e-4, 1.2e-4, 1.1e-4, 1e-3]}, "training.learning_rate", "low",
         {"loguniform": (1e-5, 1e-2)}),
        ({"batch": [4, 4, 5, 30, 4, 4]}, "training.batch_size", "low", {"logint": (1, 64)}),
        ({"layers": [4, 4, 4, 4, 4, 4, 1]}, "model.num_layers", "high", {"int": (1, 6)}),
        ({"size": [32, 32, 32, 32, 32]}, "model.hidden_size", "high", {"choice": (8, 16, 32, 64)}),
        ({"dropout": [0.49, 0.48, 0.5, 0.5, 0.1]}, "model.dropout", "high",
         {"uniform": (0.0, 0.75)}),
    ],
)  # fmt: skip
def test_a_range_that_ends_too_soon_is_moved(
    values: dict[str, list[Any]], param: str, end: str, proposed: dict[str, Any], spec: StudySpec
) -> None:
    (edge,) = edges(best(**values), spec)
    assert (edge.param, edge.end, edge.proposed) == (param, end, proposed)
    assert edge.best == len(next(iter(values.values())))
    assert edge.trials >= 3


@pytest.mark.parametrize(
    "values",
    [
        {"rate": [1e-3, 2e-3, 5e-4, 1e-3]},
        {"dropout": [0.0, 0.01, 0.0, 0.02]},  # there is none below 0
        {"layers": [1, 1, 1, 1]},
        {"cell": ["lstm", "lstm", "lstm"]},  # a choice between words has no end
        {"rate": [9e-3, 9e-3, 1e-3]},  # two are luck
        {"size": [32, 32, 8, 8, 8, 16, 16, 16]},
        {"layers": [4, 4, 3, 2]},  # one in four lies there by chance
    ],
)
def test_ends_that_cannot_or_need_not_move(values: dict[str, list[Any]], spec: StudySpec) -> None:
    assert [edge for edge in edges(best(**values), spec) if edge.end == "high"] == []


def test_parameters_that_the_best_lack_have_no_edges(spec: StudySpec) -> None:
    assert edges([{}, {}, {}], spec) == []
