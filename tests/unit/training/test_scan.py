"""Scans over the steps: what a loop computes, whichever way, in memory linear in the steps."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from rnnsearch.models.cells import CELLS
from rnnsearch.training.kernels import scan as scans
from rnnsearch.training.kernels import traced
from rnnsearch.training.kernels.lru import lru
from rnnsearch.training.kernels.scan import scan, scan_back, turning_scan

DICE = torch.Generator().manual_seed(0)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(params=["doubling", "looped"])
def way(request, monkeypatch):
    monkeypatch.setattr(scans, "LOOPED", 1 << 30 if request.param == "doubling" else 0)
    return request.param


def random(*shape: int) -> Tensor:
    return torch.randn(shape, generator=DICE, dtype=torch.float64)


@pytest.mark.parametrize("steps", [1, 2, 3, 8, 13])
def test_a_scan_is_the_loop(way, steps):
    decay, values, first = random(2, steps, 3, 4).sigmoid(), random(2, steps, 3, 4), random(2, 3, 4)
    state, wanted = first, []
    for step in range(steps):
        state = decay[:, step] * state + values[:, step]
        wanted.append(state)
    kept = decay.clone(), values.clone()
    assert torch.allclose(scan(decay, values, first), torch.stack(wanted, 1), atol=1e-13)
    assert torch.equal(decay, kept[0])
    assert torch.equal(values, kept[1])


def test_the_scan_back_is_the_scans_gradient(way):
    decay, first = random(2, 7, 3, 4).sigmoid(), random(2, 3, 4)
    values = random(2, 7, 3, 4).requires_grad_()
    state, states = first, []
    for step in range(7):
        state = decay[:, step] * state + values[:, step]
        states.append(state)
    arriving, last = random(2, 7, 3, 4), random(2, 3, 4)
    wanted = torch.autograd.grad(
        (torch.stack(states, 1) * arriving).sum() + (state * last).sum(), values
    )
    assert torch.allclose(scan_back(decay, arriving, last), wanted[0], atol=1e-13)


def test_a_turning_scan_is_complex_arithmetic(way):
    parts = [random(2, 4) * 0.7 for _ in range(2)], [random(2, 9, 3, 4) for _ in range(2)]
    first = [random(2, 3, 4) for _ in range(2)]
    state, wanted = torch.complex(*first), []
    for step in range(9):
        state = torch.complex(*parts[0]).unsqueeze(1) * state
        state = state + torch.complex(*parts[1])[:, step]
        wanted.append(state)
    re, im = turning_scan(tuple(parts[0]), tuple(parts[1]), tuple(first))
    assert torch.allclose(torch.complex(re, im), torch.stack(wanted, 1), atol=1e-12)


@pytest.mark.parametrize("cell", ["mingru", "minlstm"])
def test_a_minimal_layer_is_its_cell_in_a_loop(way, cell):
    gates = CELLS[cell].gates
    inputs, weight, hidden = random(2, 11, 3, 5), random(2, 4 * gates, 5), random(2, 3, 4)
    outputs, (last,) = traced.layer(cell, inputs, {"weight_ih": weight}, (hidden,))
    code = CELLS[cell].code
    for k in range(2):
        state = hidden[k]
        for t in range(11):
            read = code.enter(inputs[k, t], {"weight_ih": weight[k]})
            state, _ = code.step(read, (state,), {})
            assert torch.allclose(outputs[k, t], state, atol=1e-13)
        assert torch.equal(last[k], outputs[k, -1])


def test_numerical_gradients(way):
    def gradients(function, *arguments: Tensor) -> None:
        leaves = [one.requires_grad_() for one in arguments]
        assert torch.autograd.gradcheck(function, leaves, check_batched_grad=False)

    inputs, bias = random(2, 5, 2, 3), random(2, 12)
    for cell, rows in (("mingru", 8), ("minlstm", 12)):
        weight, hidden = random(2, rows, 3), random(2, 2, 4)

        def run(*leaves: Tensor, cell: str = cell) -> tuple[Tensor, ...]:
            inputs, weight, bias, hidden = leaves
            own = {"weight_ih": weight, "bias_ih": bias}
            outputs, last = traced.layer(cell, inputs, own, (hidden,))
            return (outputs, *last)

        gradients(run, inputs, weight, bias[:, :rows].clone(), hidden)
    names = ("nu", "theta", "gamma", "weight_b", "weight_c", "weight_d", "weight_gate", "bias_gate")
    shapes = ((3,), (3,), (3,), (6, 3), (3, 6), (3, 3), (3, 3), (3,))
    weights = [0.5 * random(2, *shape) for shape in shapes]

    def layer(inputs: Tensor, re: Tensor, im: Tensor, *own: Tensor) -> tuple[Tensor, ...]:
        outputs, last = lru(inputs, dict(zip(names, own, strict=True)), (re, im))
        return (outputs, *last)

    gradients(layer, inputs, random(2, 2, 3), random(2, 2, 3), *weights)
    one = {name: weight[0].detach() for name, weight in zip(names, weights, strict=True)}
    state = random(2, 3), random(2, 3)
    outputs, _ = lru(
        inputs[:1].detach(),
        {name: weight.unsqueeze(0) for name, weight in one.items()},
        (state[0].unsqueeze(0), state[1].unsqueeze(0)),
    )
    for t in range(5):
        wanted, state = CELLS["lru"].code.step(inputs[0, t].detach(), state, one)
        assert torch.allclose(outputs[0, t], wanted, atol=1e-13)


def kept_numbers(steps: int) -> int:
    """Numbers that a minGRU layer keeps for its way back."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().size() // 8
        return tensor

    inputs, weight = random(1, steps, 1, 2), random(1, 32, 2).requires_grad_()
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        traced.layer("mingru", inputs, {"weight_ih": weight}, (random(1, 1, 16),))
    return sum(kept.values())


def test_what_is_kept_is_linear_in_the_steps():
    one, two, four = (kept_numbers(steps) for steps in (256, 512, 1024))
    assert four - two == 2 * (two - one)
