"""Padded sequences train and predict as each would alone, without its padding."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from rnnsearch.models.config import ModelConfig
from rnnsearch.models.initial import initial_weights
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.tasks.base import Batch, Head
from rnnsearch.training.gradients import training_pass
from rnnsearch.training.layout import layout_of
from rnnsearch.training.losses import LossShape
from rnnsearch.training.networks import Networks
from rnnsearch.training.plain import NetworkPredictor
from rnnsearch.training.predictor import StackPredictor
from rnnsearch.training.shapes import network_shape, zero_state

STEPS, FEATURES, CLASSES = 7, 3, 4
LENGTHS = torch.tensor([[7, 3, 1, 5], [2, 7, 6, 0]])
MEMBERS, BATCH = LENGTHS.shape
CELLS = [("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
each_head = pytest.mark.parametrize("head", ["every", "last"])
each_cell = pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


def made(cell: str, nonlinearity: str, dtype: torch.dtype) -> list[RecurrentNetwork]:
    model = ModelConfig(cell=cell, nonlinearity=nonlinearity, hidden_size=5, num_layers=2)
    networks = []
    for seed in range(MEMBERS):
        network = RecurrentNetwork(model, FEATURES, CLASSES, False).to(dtype)
        network.load_state_dict(initial_weights(model, FEATURES, CLASSES, False, seed))
        networks.append(network)
    return networks


def rows_of(networks: list[RecurrentNetwork]) -> tuple[object, object, Tensor]:
    model = networks[0].config
    layout = layout_of(model, FEATURES, CLASSES, False)
    rows = torch.stack([layout.pack(network.state_dict()) for network in networks])
    return network_shape(model, FEATURES, CLASSES, False), layout, rows


def drawn(head: Head, dtype: torch.dtype, padding: float) -> Batch:
    dice = torch.Generator().manual_seed(5)
    inputs = torch.randn(MEMBERS, STEPS, BATCH, FEATURES, generator=dice, dtype=dtype)
    padded = torch.arange(STEPS).view(1, -1, 1) >= LENGTHS.unsqueeze(1)
    inputs[padded] = padding
    answers = STEPS if head == "every" else 1
    targets = torch.randint(CLASSES, (MEMBERS, answers, BATCH), generator=dice)
    if head == "every":
        targets[padded] = -100
    return Batch(inputs, targets, LENGTHS)


@each_head
@each_cell
def test_losses_and_gradients_are_those_of_the_valid_steps(cell, nonlinearity, head):
    networks = made(cell, nonlinearity, torch.float64)
    shape, layout, rows = rows_of(networks)
    batch = drawn(head, torch.float64, torch.nan)
    start = zero_state(shape, MEMBERS, BATCH, torch.device("cpu"), torch.float64)
    state = [tuple(part[:, layer] for part in start) for layer in range(2)]
    with torch.no_grad():
        found = training_pass(
            Networks(shape, layout.views(rows)), batch, LossShape("cross_entropy"), head, state, []
        )
    joined = torch.ones_like(rows)
    layout.join(found.gradients, joined)
    for k, network in enumerate(networks):
        outputs, targets = [], []
        for b, length in enumerate(LENGTHS[k].tolist()):
            if length == 0:
                continue
            single, _ = network(batch.inputs[k, :length, b : b + 1])
            outputs.append(single[:, 0] if head == "every" else single[-1:, 0])
            targets.append(batch.targets[k, : len(outputs[-1]), b])
        loss = functional.cross_entropy(torch.cat(outputs), torch.cat(targets))
        loss.backward()
        assert float(found.losses[k]) == pytest.approx(float(loss.detach()), rel=1e-12)
        own = layout.unpack(joined[k])
        for name, parameter in network.named_parameters():
            assert torch.allclose(own[name], parameter.grad, rtol=1e-9, atol=1e-14), name


@each_head
@each_cell
def test_outputs_and_states_are_those_of_the_valid_steps(cell, nonlinearity, head):
    networks = made(cell, nonlinearity, torch.float32)
    shape, layout, rows = rows_of(networks)
    batch = drawn(head, torch.float32, torch.inf)
    predictor = StackPredictor(Networks(shape, layout.views(rows)), head)
    outputs, state = predictor(batch.inputs, None, LENGTHS)
    going_on, _ = predictor(batch.inputs.nan_to_num(0, 0, 0)[:, :2].contiguous(), state)
    for k, network in enumerate(networks):
        one = slice(k, k + 1)
        plain, after = NetworkPredictor(network, head)(batch.inputs[one], None, LENGTHS[one])
        assert plain.shape[1] == outputs.shape[1] == (STEPS if head == "every" else 1)
        for b, length in enumerate(LENGTHS[k].tolist()):
            alone = None
            for whole, part in zip(state, after, strict=True):
                assert torch.allclose(whole[k, :, b, :5], part[0, :, b], rtol=1e-5, atol=1e-6)
                if length == 0:
                    assert not whole[k, :, b].any()
            if length:
                single, alone = network(batch.inputs[k, :length, b : b + 1])
                shown = slice(0, length) if head == "every" else slice(0, 1)
                wanted = single[:, 0] if head == "every" else single[-1:, 0]
                assert torch.allclose(outputs[k, shown, b], wanted, rtol=1e-5, atol=1e-6)
                assert torch.allclose(plain[0, shown, b], wanted, rtol=1e-5, atol=1e-6)
            further, _ = network(batch.inputs[k, :2, b : b + 1].nan_to_num(0, 0, 0), alone)
            wanted = further[:, 0] if head == "every" else further[-1:, 0]
            assert torch.allclose(going_on[k, :, b], wanted, rtol=1e-5, atol=1e-6)


@each_cell
def test_what_padding_holds_changes_no_bit(cell, nonlinearity):
    networks = made(cell, nonlinearity, torch.float32)
    shape, layout, rows = rows_of(networks)
    predictor = StackPredictor(Networks(shape, layout.views(rows)), "last")
    found = [
        predictor(drawn("last", torch.float32, p).inputs, None, LENGTHS) for p in (0, torch.nan)
    ]
    assert torch.equal(found[0][0], found[1][0])
    assert all(torch.equal(a, b) for a, b in zip(found[0][1], found[1][1], strict=True))


def test_one_row_of_lengths_is_everybodys():
    networks = made("lstm", "tanh", torch.float32)
    shape, layout, rows = rows_of(networks)
    inputs = drawn("every", torch.float32, 0.0).inputs[:1]
    together = StackPredictor(Networks(shape, layout.views(rows)), "every")(
        inputs, None, LENGTHS[:1]
    )
    for k in range(MEMBERS):
        weights = layout.views(rows[k : k + 1].clone())
        outputs, state = StackPredictor(Networks(shape, weights), "every")(
            inputs, None, LENGTHS[:1]
        )
        assert torch.equal(outputs[0], together[0][k])
        assert all(torch.equal(a[0], b[k]) for a, b in zip(state, together[1], strict=True))
