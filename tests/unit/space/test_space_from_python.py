"""A space that is written in Python: the same spec as of a file, and the same mistakes."""

from __future__ import annotations

import inspect
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnsearch import choice, int_, logint, loguniform, uniform
from rnnsearch.errors import SpaceFileError
from rnnsearch.models.config import ModelConfig
from rnnsearch.sampling.random import RandomConfig
from rnnsearch.space.load import built, loads
from rnnsearch.training.config import TrainingConfig

FILE = """
task: {type: sine, num_points: 60}
model:
  cell: {choice: [rnn, lstm]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  hidden_size: {logint: [8, 64]}
  num_layers: {int: [1, 3]}
  dropout: {uniform: [0.0, 0.5], step: 0.1, when: {model.num_layers: {min: 2}}}
training:
  learning_rate: {loguniform: [1e-4, 1e-1]}
  seq_len: null
  steps_per_epoch: 5
search: {num_trials: 7, time_budget: 10m, sampler: {type: random}}
first_trials:
- {model.cell: rnn, model.hidden_size: 16, model.num_layers: 1, training.learning_rate: 0.01}
"""

MODEL = {
    "cell": choice(["rnn", "lstm"]),
    "nonlinearity": choice(["tanh", "relu"], when={"model.cell": "rnn"}),
    "hidden_size": logint(8, 64),
    "num_layers": int_(1, 3),
    "dropout": uniform(0.0, 0.5, step=0.1, when={"model.num_layers": {"min": 2}}),
}
FIRST = {
    "model.cell": "rnn",
    "model.hidden_size": 16,
    "model.num_layers": 1,
    "training.learning_rate": 0.01,
}
SPACE: dict[str, Any] = {
    "task": {"type": "sine", "num_points": np.int64(60)},
    "model": MODEL,
    "training": {"learning_rate": loguniform(1e-4, 1e-1), "seq_len": None, "steps_per_epoch": 5},
    "search": {
        "num_trials": 7,
        "time_budget": timedelta(minutes=10),
        "sampler": RandomConfig(),
    },
    "first_trials": [FIRST],
}


def test_it_reads_like_the_file() -> None:
    spec = built(SPACE, name="sine", directory=Path())
    assert spec == loads(FILE, name="sine", directory=Path())
    assert loads(spec.yaml, name="x", directory=Path()) == spec


def test_config_objects_give_what_they_set() -> None:
    made = built(
        {
            "task": {"type": "sine"},
            "model": ModelConfig(cell="gru", hidden_sizes=(8, 4)),
            "training": TrainingConfig(learning_rate=0.01, max_epochs=3),
        },
        name="sine",
        directory=Path(),
    )
    text = """
    task: {type: sine}
    model: {cell: gru, hidden_sizes: [8, 4]}
    training: {learning_rate: 0.01, max_epochs: 3}
    """
    assert made == loads(text, name="sine", directory=Path())


def a_cell() -> None:
    """No cell, but something with a name in a module."""


MISTAKES = {
    "model.hidden_size: logint: [64, 8] is reversed.": {"hidden_size": logint(64, 8)},
    "model.cel: unknown key": {"cel": "gru"},
    "model.cell: must be one of": {"cell": "grv"},
    "model.num_layers: must be a whole number, at least 1": {"num_layers": 1.5},
    "model.hidden_size: cannot be a complex": {"hidden_size": 1j},
    "model.3: a key is a text, not 3.": {3: 4},
    "model.dropout: choice is empty": {"dropout": choice([])},
    "model.dropout.when: 'model.layers' is no field": {
        "dropout": uniform(0, 0.5, when={"model.layers": 2})
    },
    "model.cell: <function": {"cell": lambda: None},
}


@pytest.mark.parametrize("told", MISTAKES)
def test_mistakes_are_told_with_their_key(told: str) -> None:
    space = {"task": {"type": "sine"}, "model": MISTAKES[told]}
    with pytest.raises(SpaceFileError) as caught:
        built(space, name="x", directory=Path())
    assert any(str(one).startswith(f"Study(...): {told}") for one in caught.value.mistakes), str(
        caught.value
    )


def test_all_mistakes_are_told_at_once() -> None:
    space = {"task": {"type": "sine"}, "model": {"cell": "x", "seed": 1}, "training": {"no": 1}}
    with pytest.raises(SpaceFileError, match="3 mistakes"):
        built(space, name="x", directory=Path())


def test_what_another_process_would_not_find_is_told() -> None:
    cell = type("Cell", (), {"__module__": "__main__"})
    with pytest.raises(SpaceFileError, match=r"model\.cell: the source of Cell cannot be read"):
        built({"task": {"type": "sine"}, "model": {"cell": cell}}, name="x", directory=Path())


def test_every_distribution_of_a_file_has_its_function() -> None:
    from rnnsearch.space import drawn
    from rnnsearch.space.distributions import KINDS

    made = {name.rstrip("_") for name, _ in inspect.getmembers(drawn, inspect.isfunction)}
    assert set(KINDS) <= made


def test_several_gpus_for_a_pack_are_refused_as_in_a_file(tmp_path: Path) -> None:
    space = {**SPACE, "resources": {"gpus_per_pack": 2}}
    with pytest.raises(SpaceFileError, match=r"resources\.gpus_per_pack: is 2, .* mean 1\?"):
        built(space, name="study", directory=tmp_path)
