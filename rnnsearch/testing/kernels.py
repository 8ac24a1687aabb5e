"""What every layer kernel promises; a kernel's tests inherit this and set `kernel`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from rnnsearch.models import cells
from rnnsearch.training.kernels import differentiable
from rnnsearch.training.kernels.base import LayerKernel, LayerShape, State

Shape = tuple[int, int, int, int]
"""(hidden, inputs, batch, steps)"""
GATES = {name: cells.CELLS[name].gates for name in cells.CLASSIC}
CELLS = [
    (name, kind) for name in cells.CLASSIC for kind in cells.CELLS[name].nonlinearities or ("tanh",)
]
SHAPES: list[Shape] = [(16, 1, 1, 49), (16, 3, 5, 1), (32, 65, 4, 7), (7, 2, 1, 3), (48, 16, 6, 9)]
UNEQUAL: list[Shape] = [(16, 3, 5, 7), (32, 20, 22, 12)]


def layer_of(cell: Any, nonlinearity: Any, shape: Shape, members: int) -> LayerShape:
    hidden, inputs, batch, steps = shape
    return LayerShape(
        cell=cell,
        nonlinearity=nonlinearity,
        hidden_size=hidden,
        input_size=inputs,
        batch_size=batch,
        seq_len=steps,
        members=members,
    )


def arguments_of(
    layer: LayerShape, dtype: torch.dtype, seed: int = 0, device: str = "cpu"
) -> list[Tensor]:
    """Inputs, four weights and the states, leaves that require gradients."""
    generator = torch.Generator().manual_seed(seed)
    k, t, b = layer.members, layer.seq_len, layer.batch_size
    h, rows = layer.hidden_size, GATES[layer.cell] * layer.hidden_size
    states = cells.CELLS[layer.cell].states
    shapes = [(k, t, b, layer.input_size), (k, rows, layer.input_size), (k, rows, h)]
    shapes += [(k, rows), (k, rows)] + [(k, b, h)] * states
    bound = h**-0.5
    drawn = [torch.rand(s, generator=generator, dtype=torch.float64) * 2 - 1 for s in shapes]
    scaled = [drawn[0], *(x * bound for x in drawn[1:5]), *drawn[5:]]
    return [x.to(device, dtype).requires_grad_() for x in scaled]


def module_results(layer: LayerShape, arguments: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """Outputs and gradients of nn.RNN, nn.GRU or nn.LSTM, member by member."""
    cell = cells.CELLS[layer.cell]
    kind = getattr(nn, cell.torch)
    extra = {"nonlinearity": layer.nonlinearity} if cell.nonlinearities else {}
    outputs: list[list[Tensor]] = []
    gradients: list[list[Tensor | None]] = []
    for member in range(layer.members):
        inputs, *weights = [x[member].detach().clone() for x in arguments]
        module = kind(layer.input_size, layer.hidden_size, **extra)
        module = module.to(inputs.device, inputs.dtype)
        names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        with torch.no_grad():
            for name, weight in zip(names, weights[:4], strict=True):
                getattr(module, name).copy_(weight)
        inputs.requires_grad_()
        state = [x.unsqueeze(0).requires_grad_() for x in weights[4:]]
        result, last = module(inputs, tuple(state) if cell.states > 1 else state[0])
        after = list(last) if cell.states > 1 else [last]
        torch.autograd.backward(scalar_of(result, after))
        outputs.append([result, *(x.squeeze(0) for x in after)])
        gradients.append(
            [inputs.grad, *(getattr(module, name).grad for name in names)]
            + [None if x.grad is None else x.grad.squeeze(0) for x in state]
        )
    return [x.detach() for x in _stacked(outputs)], _stacked(gradients)


def _stacked(rows: Sequence[Sequence[Tensor | None]]) -> list[Tensor]:
    """Each row holds the tensors of one member in the same order; gives those of all members,
    [members, ...] each. None is left out, for what no member has a gradient of."""
    return [
        torch.stack([one for one in column if one is not None])
        for column in zip(*rows, strict=True)
    ]


def scalar_of(outputs: Tensor, state: list[Tensor]) -> Tensor:
    """A scalar to differentiate, in which no two time steps or sequences, and no two of the last
    states, have the same weight, so that a gradient in the wrong place shows."""
    count = outputs[..., 0].numel()
    ramp = torch.linspace(0.5, 1.5, count, dtype=outputs.dtype, device=outputs.device)
    total: Tensor = (outputs.square() * ramp.reshape(outputs.shape[:-1]).unsqueeze(-1)).sum()
    for number, part in enumerate(state):
        total = total + (part * (0.3 + 0.4 * number)).sum()
    return total


def run(
    kernel: LayerKernel,
    layer: LayerShape,
    operands: Sequence[Tensor],
    lengths: Tensor | None = None,
) -> tuple[Tensor, State]:
    """A layer through torch's autograd; the operands as `arguments_of` gives them."""
    inputs, w_ih, w_hh, b_ih, b_hh, *state = operands
    weights = (w_ih, w_hh, b_ih, b_hh)
    return differentiable.layer(kernel, layer, inputs, weights, tuple(state), lengths)


def kernel_results(
    kernel: LayerKernel, layer: LayerShape, arguments: list[Tensor]
) -> tuple[list[Tensor], list[Tensor]]:
    leaves = [x.detach().clone().requires_grad_() for x in arguments]
    outputs, state = run(kernel, layer, leaves)
    every = [scalar_of(outputs[k], [part[k] for part in state]) for k in range(layer.members)]
    gradients = torch.autograd.grad(sum(every, every[0].new_zeros(())), leaves)
    return [x.detach() for x in (outputs, *state)], list(gradients)


class KernelContract:
    """Inherit, set `kernel`, and `tolerances` where the kernel has only one dtype."""

    kernel: LayerKernel
    device = "cpu"
    tolerances: ClassVar = {torch.float64: 1e-12, torch.float32: 2e-5}
    bitwise_in_company = True

    @pytest.fixture(autouse=True)
    def one_thread(self) -> None:
        torch.set_num_threads(1)

    def each_dtype(self) -> list[tuple[torch.dtype, float]]:
        return list(self.tolerances.items())

    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    @pytest.mark.parametrize("shape", SHAPES)
    def test_equals_the_torch_module(self, cell: str, nonlinearity: str, shape: Shape) -> None:
        for members in (1, 3):
            layer = layer_of(cell, nonlinearity, shape, members)
            if not self.kernel.supports(layer):
                pytest.skip("the kernel leaves this shape to another")
            for dtype, tolerance in self.each_dtype():
                arguments = arguments_of(layer, dtype, device=self.device)
                got = kernel_results(self.kernel, layer, arguments)
                want = module_results(layer, arguments)
                for ours, theirs in zip(got[0] + got[1], want[0] + want[1], strict=True):
                    scale = max(1.0, float(theirs.abs().max()))
                    assert ours.shape == theirs.shape
                    assert float((ours - theirs).abs().max()) <= tolerance * scale

    @pytest.mark.parametrize("inputs_asked", [False, True])
    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    def test_driven_by_hand_it_gives_what_autograd_gives(
        self, cell: str, nonlinearity: str, inputs_asked: bool
    ) -> None:
        layer = layer_of(cell, nonlinearity, (16, 3, 5, 7), 3)
        if not self.kernel.supports(layer):
            pytest.skip("the kernel leaves this shape to another")
        for dtype, _ in self.each_dtype():
            arguments = arguments_of(layer, dtype, device=self.device)
            inputs, *leaves = arguments[:5]
            state = tuple(part.detach() for part in arguments[5:])
            outputs, last = run(self.kernel, layer, [inputs, *leaves, *state])
            arriving = torch.linspace(-1, 1, outputs.numel(), dtype=dtype, device=self.device)
            arriving = arriving.view(outputs.shape)
            wanted = torch.autograd.grad(outputs, [inputs, *leaves], arriving)
            with torch.no_grad():
                operands = [leaf.detach() for leaf in (inputs, *leaves)] + list(state)
                got = self.kernel.forward(layer, operands)
                asked = (inputs_asked, *[True] * 4, *[False] * len(state))
                nothing = [None] * len(state)
                computed = self.kernel.backward(layer, got[2], arriving, nothing, asked)
            for ours, theirs in zip((got[0], *got[1]), (outputs, *last), strict=True):
                assert torch.equal(ours, theirs)
            assert computed[5:] == (None,) * len(state)
            computed = computed[:5]
            assert inputs_asked == (computed[0] is not None)
            for gradient, expected in list(zip(computed, wanted, strict=True))[not inputs_asked :]:
                assert gradient is not None
                assert torch.equal(gradient, expected)

    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    def test_a_member_does_not_feel_its_neighbours(self, cell: str, nonlinearity: str) -> None:
        for dtype, tolerance in self.each_dtype():
            layer = layer_of(cell, nonlinearity, (16, 1, 1, 9), 8)
            alone = layer_of(cell, nonlinearity, (16, 1, 1, 9), 1)
            if not self.kernel.supports(layer):
                pytest.skip("the kernel leaves this shape to another")
            arguments = arguments_of(layer, dtype, device=self.device)
            with torch.no_grad():
                for x in arguments[:3]:
                    x[5] = float("nan")
                    x[6] *= 1e6
            company = kernel_results(self.kernel, layer, arguments)
            for place in (0, 3, 7):
                single = [x[place : place + 1] for x in arguments]
                apart = kernel_results(self.kernel, alone, single)
                pairs = zip(company[0] + company[1], apart[0] + apart[1], strict=True)
                for number, (ours, theirs) in enumerate(pairs):
                    # The gradient of the inputs is a matrix times a vector here, which MKL does
                    # in another way for one member; training never asks for it.
                    if self.bitwise_in_company and number != len(apart[0]):
                        assert torch.equal(ours[place], theirs[0])
                    else:
                        scale = max(1.0, float(theirs.abs().max()))
                        assert float((ours[place] - theirs[0]).abs().max()) <= tolerance * scale

    @pytest.mark.parametrize("shape", UNEQUAL)
    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    def test_sequences_end_where_they_end(self, cell: str, nonlinearity: str, shape: Shape) -> None:
        layer = layer_of(cell, nonlinearity, shape, 2)
        if not self.kernel.supports(layer):
            pytest.skip("the kernel leaves this shape to another")
        _, _, batch, steps = shape
        lengths = torch.randint(0, steps, (2, batch), generator=torch.Generator().manual_seed(3))
        lengths[1, 0] = steps  # the first member ends before the other
        lengths[0] = lengths[0].sort(descending=True).values
        lengths = lengths.to(self.device)
        valid = torch.arange(steps, device=self.device).view(1, -1, 1) < lengths.unsqueeze(1)
        for dtype, tolerance in self.each_dtype():
            arguments = arguments_of(layer, dtype, device=self.device)
            leaves = [x.detach().clone().requires_grad_() for x in arguments]
            with torch.no_grad():
                leaves[0].mul_(valid.unsqueeze(-1))
            outputs, last = run(self.kernel, layer, leaves, lengths)
            assert bool(outputs.isfinite().all())
            arriving = torch.linspace(-1, 1, outputs.numel(), dtype=dtype, device=self.device)
            arriving = arriving.view(outputs.shape) * valid.unsqueeze(-1)
            gradients = torch.autograd.grad(outputs, leaves[:5], arriving)
            wanted = [torch.zeros_like(x) for x in leaves[:5]]
            for k, b in itertools.product(range(2), range(batch)):
                length = int(lengths[k, b])
                state = tuple(x.detach()[k : k + 1, b : b + 1].contiguous() for x in leaves[5:])
                if length:
                    one = layer_of(cell, nonlinearity, (*shape[:2], 1, length), 1)
                    weights_of_k = [
                        x.detach()[k : k + 1].clone().requires_grad_() for x in leaves[1:5]
                    ]
                    entered = leaves[0].detach()[k : k + 1, :length, b : b + 1].contiguous()
                    entered.requires_grad_()
                    alone, state = run(self.kernel, one, [entered, *weights_of_k, *state])
                    assert torch.allclose(
                        alone, outputs[k : k + 1, :length, b : b + 1], rtol=0, atol=tolerance
                    )
                    below = arriving[k : k + 1, :length, b : b + 1].contiguous()
                    first, *rest = torch.autograd.grad(alone, [entered, *weights_of_k], below)
                    wanted[0][k : k + 1, :length, b : b + 1] = first
                    for total, part in zip(wanted[1:], rest, strict=True):
                        total[k] += part[0]
                if self.kernel.ends:
                    for ours, theirs in zip(last, state, strict=True):
                        assert torch.allclose(ours[k, b], theirs[0, 0], rtol=0, atol=tolerance)
            for ours, theirs in zip(gradients, wanted, strict=True):
                scale = max(1.0, float(theirs.abs().max()))
                assert float((ours - theirs).abs().max()) <= 3 * tolerance * scale

    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    def test_padded_units_stay_exactly_zero(self, cell: str, nonlinearity: str) -> None:
        layer = layer_of(cell, nonlinearity, (16, 2, 3, 6), 2)
        if not self.kernel.supports(layer):
            pytest.skip("the kernel leaves this shape to another")
        used = 11
        for dtype, _ in self.each_dtype():
            arguments = arguments_of(layer, dtype, device=self.device)
            with torch.no_grad():
                for x in arguments[1:5]:
                    x.view(2, GATES[cell], 16, -1)[:, :, used:] = 0
                arguments[2][:, :, used:] = 0
                for x in arguments[5:]:
                    x[..., used:] = 0
            leaves = [x.detach().clone().requires_grad_() for x in arguments]
            outputs, state = run(self.kernel, layer, leaves)
            gradients = torch.autograd.grad(outputs[..., :used].square().sum(), leaves)
            assert not outputs[..., used:].any()
            assert all(not part[..., used:].any() for part in state)
            for gradient in gradients[1:5]:
                assert not gradient.view(2, GATES[cell], 16, -1)[:, :, used:].any()
                assert gradient.view(2, GATES[cell], 16, -1)[:, :, :used].any()
            assert not gradients[2][:, :, used:].any()

    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    def test_a_sequence_in_two_chunks_gives_the_same_states(
        self, cell: str, nonlinearity: str
    ) -> None:
        whole = layer_of(cell, nonlinearity, (16, 2, 3, 8), 2)
        half = layer_of(cell, nonlinearity, (16, 2, 3, 4), 2)
        if not self.kernel.supports(whole):
            pytest.skip("the kernel leaves this shape to another")
        for dtype, tolerance in self.each_dtype():
            inputs, *rest = [x.detach() for x in arguments_of(whole, dtype, device=self.device)]
            outputs, last = run(self.kernel, whole, [inputs, *rest])
            state = tuple(rest[4:])
            pieces = []
            for lo, hi in pairwise((0, 4, 8)):
                operands = [inputs[:, lo:hi].contiguous(), *rest[:4], *state]
                piece, state = run(self.kernel, half, operands)
                pieces.append(piece)
            assert float((torch.cat(pieces, 1) - outputs).abs().max()) <= tolerance
            for ours, theirs in zip(state, last, strict=True):
                assert float((ours - theirs).abs().max()) <= tolerance

    @pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
    def test_numerical_gradients(self, cell: str, nonlinearity: str) -> None:
        if torch.float64 not in self.tolerances:
            pytest.skip("gradcheck needs float64")
        layer = layer_of(cell, nonlinearity, (3, 2, 2, 4), 2)
        if not self.kernel.supports(layer):
            pytest.skip("the kernel leaves this shape to another")
        arguments = arguments_of(layer, torch.float64, seed=1, device=self.device)

        def results(*leaves: Tensor) -> tuple[Tensor, ...]:
            outputs, state = run(self.kernel, layer, leaves)
            return (outputs, *state)

        assert torch.autograd.gradcheck(results, arguments, check_batched_grad=False)
