"""Compiled layers against torch's modules in float64."""

from __future__ import annotations

import platform
from dataclasses import replace

import pytest
import torch
from numba.core import config
from torch.nn import functional

from rnnsearch.errors import PackError
from rnnsearch.testing.kernels import (
    CELLS,
    KernelContract,
    arguments_of,
    kernel_results,
    layer_of,
    module_results,
    run,
)
from rnnsearch.training.kernels.choice import choose
from rnnsearch.training.kernels.compiled import call, host
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel
from rnnsearch.training.kernels.compiled.tiles import block_of
from rnnsearch.training.kernels.modules import ModulesKernel

KERNEL = CompiledKernel()
TOLERANCE = 2e-5

if KERNEL.refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)

# hidden, batch, steps: one row; rows left over from tiles of four; panels left over from 64
# columns (48 units); several chunks of gate gradients; a transposed product that packs (128 units).
SIZES = [(16, 1, 49), (32, 7, 11), (64, 32, 20), (128, 32, 24), (48, 6, 9), (80, 9, 1)]


class TestContract(KernelContract):
    kernel = KERNEL
    tolerances = {torch.float32: TOLERANCE}  # noqa: RUF012 the suite's attribute


@pytest.mark.parametrize("vectors", [1, 2, 3, 4])
@pytest.mark.parametrize("rows", [1, 4, 8])
def test_blocks_divide_a_tile_whatever_the_registers(rows: int, vectors: int) -> None:
    # A block over the edge writes into the next row, and past the last one.
    for sums in range(1, 33):
        block_rows, block_vectors = block_of(rows, vectors, sums)
        assert rows % block_rows == 0
        assert vectors % block_vectors == 0
        assert block_rows * block_vectors <= sums


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_more_padding_changes_no_bit(cell: str, nonlinearity: str) -> None:
    """Outputs and gradients of sequences padded to 9 and to 31 time steps are equal bit for bit, so
    that a trial trains the same beside one whose batch is longer.
    """
    lengths = torch.tensor([[9, 9, 6, 6, 4, 1], [5, 9, 0, 3, 9, 2]])
    found = []
    for steps in (9, 31):
        layer = layer_of(cell, nonlinearity, (32, 20, 6, 9), 2)
        inputs, *others = arguments_of(layer, torch.float32)
        inputs = functional.pad(inputs.detach(), (0, 0, 0, 0, 0, steps - 9)).requires_grad_()
        leaves = [inputs, *others[:4]]
        longer = replace(layer, seq_len=steps)
        outputs, last = run(KERNEL, longer, [*leaves, *others[4:]], lengths)
        gradients = torch.autograd.grad(outputs[:, :9].square().sum(), leaves)
        found.append([outputs[:, :9], *last, gradients[0][:, :9], *gradients[1:]])
    for short, long in zip(*found, strict=True):
        assert torch.equal(short, long)


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_a_nan_stays_in_its_own_sequence(cell: str, nonlinearity: str) -> None:
    """A NaN in one sequence leaves the others as they were, but for a rounding: the kernel computes
    a tile of sequences at once, and these share divisions.
    """
    layer = layer_of(cell, nonlinearity, (48, 2, 7, 5), 1)
    inputs, *others = arguments_of(layer, torch.float32)
    with torch.no_grad():
        clean, _ = run(KERNEL, layer, [inputs, *others])
        spoilt = inputs.clone()
        spoilt[:, 2, 1] = float("nan")
        found, _ = run(KERNEL, layer, [spoilt, *others])
    assert found[:, 2:, 1].isnan().all()
    kept = [sequence for sequence in range(7) if sequence != 1]
    assert torch.allclose(found[:, :, kept], clean[:, :, kept], rtol=0, atol=1e-6)
    assert torch.equal(found[:, :2, 1], clean[:, :2, 1])


@pytest.mark.parametrize(
    ("hidden", "batch", "kernel"),
    [(256, 1, "compiled"), (512, 64, "compiled"), (512, 8, "modules"), (1024, 32, "modules")],
)
def test_a_wide_lstm_is_compiled_as_far_as_it_was_measured(
    hidden: int, batch: int, kernel: str
) -> None:
    layer = layer_of("lstm", "tanh", (hidden, 1, batch, 5), 1)
    assert choose(layer, torch.device("cpu"), torch.float32).name == kernel


def assert_near(ours: list[torch.Tensor], theirs: list[torch.Tensor], scale: float) -> None:
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        worst = float((one.double() - other).abs().max())
        assert worst <= TOLERANCE * scale, f"result {number} is off by {worst}"


@pytest.mark.parametrize("inputs", [1, 3, 65])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_outputs_and_gradients_are_those_of_the_module_in_float64(
    cell: str, nonlinearity: str, size: tuple[int, int, int], inputs: int
) -> None:
    hidden, batch, steps = size
    layer = layer_of(cell, nonlinearity, (hidden, inputs, batch, steps), 2)
    arguments = arguments_of(layer, torch.float32)
    with torch.no_grad():
        for state in arguments[5:]:
            state.mul_(0.5)
    outputs, gradients = kernel_results(KERNEL, layer, arguments)
    wanted, wanted_gradients = module_results(layer, [part.double() for part in arguments])
    assert_near(outputs, wanted, 1.0)
    assert_near(gradients, wanted_gradients, max(float(g.abs().max()) for g in wanted_gradients))


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_gradients_that_nobody_asks_for_change_no_other(cell: str, nonlinearity: str) -> None:
    layer = layer_of(cell, nonlinearity, (32, 3, 5, 7), 2)
    arguments = [part.detach() for part in arguments_of(layer, torch.float32)]
    _, everything = kernel_results(KERNEL, layer, arguments)
    for wanted in range(len(arguments)):
        leaves = [part.clone().requires_grad_(n == wanted) for n, part in enumerate(arguments)]
        outputs, state = run(KERNEL, layer, leaves)
        ramp = torch.linspace(0.5, 1.5, 35).reshape(7, 5, 1)
        total = sum(
            (outputs[k].square() * ramp).sum()
            + sum((part[k] * (0.3 + 0.4 * n)).sum() for n, part in enumerate(state))
            for k in range(2)
        )
        (alone,) = torch.autograd.grad(total, leaves[wanted])
        assert torch.equal(alone, everything[wanted])


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_only_the_last_state_pulls(cell: str, nonlinearity: str) -> None:
    layer = layer_of(cell, nonlinearity, (16, 2, 3, 5), 1)
    leaves = arguments_of(layer, torch.float32)
    _, state = run(KERNEL, layer, leaves)
    found = torch.autograd.grad(state[-1].sum(), leaves[:5])
    doubles = [part.detach().double().requires_grad_() for part in leaves]
    _, wanted_state = run(ModulesKernel(), layer, doubles)
    wanted = torch.autograd.grad(wanted_state[-1].sum(), doubles[:5])
    assert_near(list(found), list(wanted), max(float(g.abs().max()) for g in wanted))


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_computing_gates_again_gives_the_bits_of_keeping_them(
    cell: str, nonlinearity: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = layer_of(cell, nonlinearity, (48, 3, 6, 30), 3)
    arguments = arguments_of(layer, torch.float32)
    kept = kernel_results(KERNEL, layer, arguments)
    monkeypatch.setattr(call, "_KEPT_BYTES", 0)
    again = kernel_results(KERNEL, layer, arguments)
    for one, other in zip(kept[0] + kept[1], again[0] + again[1], strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_a_graph_can_be_used_twice(cell: str, nonlinearity: str) -> None:
    layer = layer_of(cell, nonlinearity, (16, 2, 3, 5), 2)
    leaves = arguments_of(layer, torch.float32)
    outputs, _ = run(KERNEL, layer, leaves)
    first = torch.autograd.grad(outputs.square().sum(), leaves, retain_graph=True)
    second = torch.autograd.grad(outputs.square().sum(), leaves)
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_inference_gives_the_bits_of_training(cell: str, nonlinearity: str) -> None:
    layer = layer_of(cell, nonlinearity, (32, 3, 5, 7), 2)
    arguments = arguments_of(layer, torch.float32)
    outputs, state = run(KERNEL, layer, arguments)
    with torch.no_grad():
        bare, bare_state = run(KERNEL, layer, arguments)
    assert not bare.requires_grad
    for one, other in zip((outputs, *state), (bare, *bare_state), strict=True):
        assert torch.equal(one, other)


def test_weights_may_be_slices_of_a_flat_buffer() -> None:
    layer = layer_of("gru", "tanh", (16, 2, 3, 5), 2)
    arguments = [part.detach() for part in arguments_of(layer, torch.float32)]
    flat = torch.cat([part.reshape(2, -1) for part in arguments[1:5]], 1).requires_grad_()
    widths = [part[0].numel() for part in arguments[1:5]]
    pieces = flat.split(widths, 1)
    weights = [p.view(like.shape) for p, like in zip(pieces, arguments[1:5], strict=True)]
    outputs, _ = run(KERNEL, layer, [arguments[0], *weights, arguments[5]])
    (found,) = torch.autograd.grad(outputs.square().sum(), flat)
    leaves = [part.clone().requires_grad_() for part in arguments]
    outputs, _ = run(KERNEL, layer, leaves)
    wanted = torch.autograd.grad(outputs.square().sum(), leaves[1:5])
    assert torch.equal(found, torch.cat([part.reshape(2, -1) for part in wanted], 1))


def test_says_why_it_cannot() -> None:
    assert "20 units" in KERNEL.refusal(layer_of("lstm", "tanh", (20, 1, 1, 1), 1))
    assert not KERNEL.supports(layer_of("lstm", "tanh", (20, 1, 1, 1), 1))
    assert KERNEL.supports(layer_of("rnn", "relu", (32, 65, 3, 1), 9))


def test_other_processors_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "s390x")
    assert "s390x" in host.refusal()
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(config, "CPU_FEATURES", "+sse4.2,-avx2,+fma")
    assert "no AVX2" in host.refusal()
    monkeypatch.setattr(config, "CPU_FEATURES", "+avx2,+fma")
    assert not host.refusal()


@pytest.mark.parametrize("wrong", range(6))
def test_a_tensor_of_another_shape_is_refused(wrong: int) -> None:
    layer = layer_of("gru", "tanh", (16, 2, 3, 5), 2)
    arguments = [part.detach() for part in arguments_of(layer, torch.float32)]
    arguments[wrong] = arguments[wrong][..., 1:]
    with pytest.raises(PackError, match="needs tensors of shapes"):
        run(KERNEL, layer, arguments)


def test_other_precisions_are_refused() -> None:
    layer = layer_of("gru", "tanh", (16, 2, 3, 5), 2)
    arguments = [part.detach() for part in arguments_of(layer, torch.float64)]
    with pytest.raises(PackError, match="float32 on the CPU"):
        run(KERNEL, layer, arguments)
