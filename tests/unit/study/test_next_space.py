"""The space file of the next search."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.hand_made import record, result

from rnnsearch.errors import InputError
from rnnsearch.space.load import loads
from rnnsearch.study.next_space import advice_of, next_space

SPACE = """
task: {type: sine}
model:
  cell: {choice: [rnn, gru, lstm]}
  nonlinearity: {choice: [tanh, relu], when: {model.cell: rnn}}
  hidden_size: {int: [4, 40], step: 4}
  num_layers: {int: [1, 2]}
  dropout: {uniform: [0.0, 0.5], when: {model.num_layers: {min: 2}}}
training:
  learning_rate: {loguniform: [1e-4, 1e-1]}
  max_epochs: 9
  carry_state: {choice: [true, false]}
first_trials:
- {model.cell: rnn, model.nonlinearity: tanh, model.hidden_size: 16, model.num_layers: 1,
   training.learning_rate: 0.0001, training.carry_state: true}
search: {metric: val_mse, num_trials: 60}
"""


def searched(folder: Path, count: int = 600) -> Any:
    """A study in which an LSTM or GRU of one layer with a rate near the upper end is best."""
    dice = np.random.default_rng(0)
    trials = []
    for number in range(count):
        params: dict[str, Any] = {
            "model.cell": str(dice.choice(["rnn", "gru", "lstm"])),
            "model.hidden_size": int(4 * dice.integers(1, 11)),
            "model.num_layers": int(dice.integers(1, 3)),
            "training.learning_rate": float(10 ** dice.uniform(-4, -1)),
            "training.carry_state": bool(dice.integers(2)),
        }
        value = 20 * (params["model.cell"] == "rnn") + 20 * (params["model.num_layers"] - 1)
        value += -9 * np.log10(params["training.learning_rate"])
        if params["model.cell"] == "rnn":
            params["model.nonlinearity"] = "tanh"
        if params["model.num_layers"] == 2:
            params["model.dropout"] = 0.25
        made = replace(record(number, best=float(value)), params=params, seconds=1.0)
        trials.append(replace(made, ended=float(number), epoch=9))
    made = result(folder, trials)
    return replace(made, spec=loads(SPACE, name="wave", directory=folder))


def test_it_is_cut_to_the_best_trials_and_wider_at_their_edge(tmp_path: Path) -> None:
    of = searched(tmp_path)
    spec = loads(next_space(of), name="other", directory=tmp_path)
    assert spec.name == "wave-next"
    assert spec.values["model.num_layers"] == 1
    assert "model.dropout" not in spec.parameters
    assert "model.nonlinearity" not in spec.parameters
    assert set(spec.parameters["model.cell"].distribution.extremes) <= {"gru", "lstm"}
    low, high = spec.parameters["training.learning_rate"].distribution.extremes
    assert low > 1e-3
    assert high == pytest.approx(3.2, rel=0.05)
    sizes = spec.parameters["model.hidden_size"].distribution
    assert sizes.written()["step"] == 4
    assert of.spec.parameters["model.hidden_size"].distribution.contains(sizes.extremes[0])
    best = advice_of(of).best[0]
    assert spec.first_trials[0]["training.learning_rate"] == best["training.learning_rate"]


def test_edges_and_cells_are_told(tmp_path: Path) -> None:
    advice = advice_of(searched(tmp_path))
    assert [(edge.param, edge.end) for edge in advice.edges] == [("training.learning_rate", "high")]
    assert {row.kind for row in advice.cells} == {"rnn", "gru", "lstm"}
    assert any("parameters" in row.equal for row in advice.cells)
    assert any("s of training" in row.equal for row in advice.cells)


def test_too_few_trials_tell_nothing(tmp_path: Path) -> None:
    of = searched(tmp_path, count=12)
    assert advice_of(of).edges == ()
    with pytest.raises(InputError, match="12 ended trials are too few"):
        next_space(of)


def test_where_nothing_is_sampled_nothing_is_proposed(tmp_path: Path) -> None:
    made = result(tmp_path, [record(0, best=0.5)])
    fixed = loads("task: {type: sine}\nmodel: {cell: rnn}", name="one", directory=tmp_path)
    with pytest.raises(InputError, match="samples nothing"):
        next_space(replace(made, spec=fixed))
