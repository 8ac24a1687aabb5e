"""The network of one trial, its weights, and its cells."""

from __future__ import annotations

import pytest
import torch

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import parameter_count, weight_shapes

torch.set_num_threads(1)

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
