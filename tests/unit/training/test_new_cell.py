"""A cell is its entry in the table and its file: this file is one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from rnnsearch.models import explain
from rnnsearch.models.cells import CELLS, INPUTS, Cell, Leaf
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.testing.exports import ExportContract
from rnnsearch.testing.waves import alone, curve, drain, trial, wave_pack
from rnnsearch.training.kernels import forms

LEAKY = Cell(
    equations=("h_t = k * h_(t-1) + tanh(U x_t + b)",),
    leaves=(
        Leaf("weight_ih", "U", (1, INPUTS), "input weights"),
        Leaf("bias_ih", "b", (1,), "their bias"),
        Leaf("keep", "k", (1,), "how much a unit keeps", "drawn"),
    ),
    gates=1,
    file=__name__,
)


def leaky(x: np.ndarray, U: np.ndarray, b: np.ndarray, k: np.ndarray) -> np.ndarray:
    h, states = np.zeros((x.shape[1], len(k))), []
    for x_t in x:
        h = k * h + np.tanh(x_t @ U.T + b)
        states.append(h)
    return np.stack(states)


def draw(
    name: str, shape: tuple[int, ...], generator: torch.Generator, before: Mapping[str, Tensor]
) -> Tensor:
    assert name == "keep"
    assert set(before) == {"weight_ih", "bias_ih"}
    return 0.5 + 0.4 * torch.rand(shape, generator=generator)


def enter(inputs: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    return torch.tanh(inputs @ weights["weight_ih"].T + weights["bias_ih"])


def step(
    read: Tensor, state: tuple[Tensor, ...], weights: Mapping[str, Tensor]
) -> tuple[Tensor, tuple[Tensor, ...]]:
    hidden = weights["keep"] * state[0] + read
    return hidden, (hidden,)


@pytest.fixture(autouse=True)
def _in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setitem(CELLS, "leaky", LEAKY)


@pytest.mark.parametrize("more", [{}, {"num_layers": 2, "initial_state": "learned"}])
def test_it_is_trained_in_a_pack_alone_as_in_company(more: dict[str, object]) -> None:
    pack, model = wave_pack(), {"cell": "leaky", **more}
    configs = {name: trial(seed, model=model) for seed, name in enumerate("abc")}
    for name, config in configs.items():
        pack.add(name, config)
    found = curve(drain(pack, dict.fromkeys(configs, 3)), "b")
    assert set(pack.kernels.values()) == {"slow path"}
    assert found[-1]["train_loss"] < found[0]["train_loss"]
    assert found == alone(configs["b"], 3)


def test_what_is_computed_are_its_lines_of_numpy() -> None:
    (pair,) = forms.differences("leaky", 3, [4, 5], batch_size=2, seq_len=7).values()
    assert pair["outputs"] < 1e-12
    config = ModelConfig(cell="leaky", hidden_size=4)
    network = RecurrentNetwork(config, 3, 2, symbolic=False)
    network.load_state_dict(initial_weights(config, 3, 2, False, 0))
    assert [letter for letter, *_ in explain.shapes("leaky", 3, [4], 2, 1, 7)][1:4] == [
        "U",
        "b",
        "k",
    ]


def test_it_is_exported_as_it_stands(tmp_path: Path) -> None:
    contract = ExportContract()
    contract.model = ModelConfig(cell="leaky", hidden_size=4, num_layers=2)
    contract.test_its_onnx_models_answer_as_it_does()
    contract.test_its_plain_torch_answers_as_it_does(tmp_path)
