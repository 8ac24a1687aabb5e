"""The network of one trial, its weights, and its cells."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from rnnsearch.models import gru, lstm, rnn
from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import parameter_count, weight_shapes

torch.set_num_threads(1)

Cell = Literal["rnn", "gru", "lstm"]

CONFIGS = [
    (ModelConfig(cell="rnn", hidden_size=3), 2, 1, False),
    (ModelConfig(cell="rnn", nonlinearity="relu", hidden_size=4, num_layers=2), 2, 3, False),
    (ModelConfig(cell="gru", hidden_size=5, num_layers=3, dropout=0.5), 1, 1, False),
    (ModelConfig(cell="lstm", hidden_size=4, dropout=0.5), 7, 7, True),
    (ModelConfig(cell="gru", hidden_size=3, input="embedding", embedding_size=6), 7, 7, True),
    (ModelConfig(cell="lstm", hidden_size=3, input="embedding", embedding_size=2), 2, 1, False),
]


def network(config: ModelConfig, inputs: int, outputs: int, symbolic: bool) -> RecurrentNetwork:
    made = RecurrentNetwork(config, inputs, outputs, symbolic)
    made.load_state_dict(initial_weights(config, inputs, outputs, symbolic, 3))
    return made.double().eval()


@pytest.mark.parametrize(("config", "inputs", "outputs", "symbolic"), CONFIGS)
def test_names_shapes_and_count_are_the_modules_own(
    config: ModelConfig, inputs: int, outputs: int, symbolic: bool
) -> None:
    shapes = weight_shapes(config, inputs, outputs, symbolic)
    made = RecurrentNetwork(config, inputs, outputs, symbolic)
    assert list(shapes.items()) == [(n, tuple(w.shape)) for n, w in made.state_dict().items()]
    count = parameter_count(config, input_size=inputs, output_size=outputs, symbolic=symbolic)
    assert count == sum(weight.numel() for weight in made.parameters())


@pytest.mark.parametrize(("config", "inputs", "outputs", "symbolic"), CONFIGS)
def test_a_carried_state_makes_two_chunks_one(
    config: ModelConfig, inputs: int, outputs: int, symbolic: bool
) -> None:
    made = network(config, inputs, outputs, symbolic)
    generator = torch.Generator().manual_seed(0)
    if symbolic:
        read = torch.randint(inputs, (8, 2), generator=generator)
    else:
        read = torch.randn(8, 2, inputs, generator=generator, dtype=torch.float64)
    whole, last = made(read)
    first, state = made(read[:3])
    second, end = made(read[3:], state)
    assert whole.shape == (8, 2, outputs)
    assert len(last) == (2 if config.cell == "lstm" else 1)
    assert last[0].shape == (config.num_layers, 2, config.hidden_size)
    torch.testing.assert_close(torch.cat([first, second]), whole)
    for one, other in zip(end, last, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("cell", ["rnn-tanh", "rnn-relu", "gru", "lstm"])
def test_the_reference_cells_are_torchs(cell: str) -> None:
    name, _, nonlinearity = cell.partition("-")
    config = ModelConfig(
        cell=name,  # type: ignore[arg-type]
        nonlinearity=nonlinearity or "tanh",  # type: ignore[arg-type]
        hidden_size=4,
    )
    made = network(config, 3, 2, False)
    weights = made.state_dict()
    generator = torch.Generator().manual_seed(1)
    read = torch.randn(6, 2, 3, generator=generator, dtype=torch.float64)
    parts = 2 if name == "lstm" else 1
    state = tuple(
        torch.randn(1, 2, 4, generator=generator, dtype=torch.float64) for _ in range(parts)
    )
    expected, expected_state = made(read, state)
    w_hh, b_hh = weights["rnn.weight_hh_l0"], weights["rnn.bias_hh_l0"]
    hidden, memory = state[0][0], state[-1][0]
    outputs = []
    for inputs in read:
        projected = inputs @ weights["rnn.weight_ih_l0"].T + weights["rnn.bias_ih_l0"]
        if name == "rnn":
            hidden = rnn.step(projected, hidden, w_hh, b_hh, config.nonlinearity)
        elif name == "gru":
            hidden = gru.step(projected, hidden, w_hh, b_hh)
        else:
            hidden, memory = lstm.step(projected, hidden, memory, w_hh, b_hh)
        outputs.append(hidden @ weights["head.weight"].T + weights["head.bias"])
    torch.testing.assert_close(torch.stack(outputs), expected)
    torch.testing.assert_close(hidden, expected_state[0][0])
    torch.testing.assert_close(memory if name == "lstm" else hidden, expected_state[-1][0])


def test_cells_step_many_trials_at_once() -> None:
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    projected, hidden, memory = draw(5, 2, 12), draw(5, 2, 3), draw(5, 2, 3)
    w_hh, b_hh = draw(5, 12, 3), draw(5, 1, 12)
    together = lstm.step(projected, hidden, memory, w_hh, b_hh)
    for k in range(5):
        alone = lstm.step(projected[k], hidden[k], memory[k], w_hh[k], b_hh[k, 0])
        for one, other in zip(alone, together, strict=True):
            torch.testing.assert_close(one, other[k])


def test_onehot_is_an_embedding_with_unit_rows() -> None:
    symbols = torch.tensor([[0, 3], [2, 1], [3, 3]])
    onehot = network(ModelConfig(hidden_size=3), 4, 4, True)
    config = ModelConfig(hidden_size=3, input="embedding", embedding_size=4)
    embedded = network(config, 4, 4, True)
    weights = {**onehot.state_dict(), "embedding.weight": torch.eye(4)}
    embedded.load_state_dict(weights)
    torch.testing.assert_close(onehot(symbols)[0], embedded(symbols)[0])


def test_initial_weights_follow_torchs_rules() -> None:
    config = ModelConfig(hidden_size=16, num_layers=2, input="embedding", embedding_size=64)
    weights = initial_weights(config, 50, 50, True, 5)
    for name, weight in weights.items():
        assert weight.dtype == torch.float32
        if name == "embedding.weight":
            assert abs(float(weight.mean())) < 0.05
            assert abs(float(weight.std()) - 1) < 0.05
        else:
            bound = 0.25
            assert float(weight.abs().max()) <= bound
            assert float(weight.abs().max()) > 0.8 * bound
    assert len({float(weight.flatten()[0]) for weight in weights.values()}) == len(weights)


def test_initial_weights_hang_on_the_seed_alone() -> None:
    config = ModelConfig(cell="gru", hidden_size=4)
    torch.manual_seed(0)
    one = initial_weights(config, 2, 1, False, 9)
    torch.manual_seed(1)
    before = torch.get_rng_state()
    two = initial_weights(config, 2, 1, False, 9)
    assert torch.equal(torch.get_rng_state(), before)
    other = initial_weights(config, 2, 1, False, 10)
    for name, weight in one.items():
        assert torch.equal(weight, two[name])
        assert not torch.equal(weight, other[name])


def test_dropout_is_between_layers_and_off_in_evaluation() -> None:
    config = ModelConfig(hidden_size=8, num_layers=2, dropout=0.9)
    made = network(config, 1, 1, False)
    read = torch.ones(4, 1, 1, dtype=torch.float64)
    assert torch.equal(made(read)[0], made(read)[0])
    made.train()
    assert not torch.equal(made(read)[0], made(read)[0])
