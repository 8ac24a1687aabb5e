"""Members of one compiled call do not feel each other, and trouble in one is not hidden."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from rnnsearch.testing.kernels import CELLS, GATES, arguments_of, kernel_results, layer_of, run
from rnnsearch.training.kernels.base import LayerShape
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel
from rnnsearch.training.kernels.modules import ModulesKernel

KERNEL = CompiledKernel()

if KERNEL.refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)

# hidden, inputs, batch, steps; the last is wide enough that 64 members do not keep their gates
# where one does.
SHAPES = [(16, 1, 1, 49), (32, 3, 7, 11), (64, 5, 12, 20)]


def members_of(layer: LayerShape, arguments: list[Tensor], places: slice) -> list[Tensor]:
    return [part.detach()[places] for part in arguments]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_a_place_changes_no_bit(
    cell: str, nonlinearity: str, shape: tuple[int, int, int, int]
) -> None:
    full = layer_of(cell, nonlinearity, shape, 64)
    arguments = [part.detach().clone() for part in arguments_of(full, torch.float32)]
    mine = [part[0].clone() for part in arguments]
    alone = kernel_results(
        KERNEL, layer_of(cell, nonlinearity, shape, 1), [part[None] for part in mine]
    )
    for members, place in ((8, 3), (64, 63)):
        crowd = [part[:members].clone() for part in arguments]
        for part, own in zip(crowd, mine, strict=True):
            part[place] = own
        crowd[0][place - 1] = math.nan
        crowd[2][place - 2] *= 1e20
        crowd[1][place - 3] = math.inf
        layer = layer_of(cell, nonlinearity, shape, members)
        together = kernel_results(KERNEL, layer, crowd)
        for one, other in zip(together[0] + together[1], alone[0] + alone[1], strict=True):
            assert torch.equal(one[place], other[0])


def poisoned_results(
    cell: str, nonlinearity: str, where: int, poison: float
) -> list[tuple[Tensor, Tensor]]:
    """Outputs, states and gradients, ours beside torch's, with one bad number in a tensor."""
    layer = layer_of(cell, nonlinearity, (16, 2, 3, 4), 1)
    arguments = [part.detach().clone() for part in arguments_of(layer, torch.float32)]
    if where >= len(arguments):
        pytest.skip("this cell has one state")
    arguments[where].view(-1)[5] = poison
    ours = kernel_results(KERNEL, layer, arguments)
    theirs = kernel_results(ModulesKernel(), layer, arguments)
    return list(zip(ours[0] + ours[1], theirs[0] + theirs[1], strict=True))


@pytest.mark.parametrize("where", range(7))
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_nan_goes_where_it_goes_in_torch(cell: str, nonlinearity: str, where: int) -> None:
    pairs = poisoned_results(cell, nonlinearity, where, math.nan)
    assert pairs[0][0].isnan().any()
    for ours, theirs in pairs:
        assert torch.equal(ours.isnan(), theirs.isnan())


@pytest.mark.parametrize("where", range(7))
@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_an_overflow_that_torch_shows_is_not_hidden(
    cell: str, nonlinearity: str, where: int
) -> None:
    """Each output or gradient that holds an infinity or a NaN in torch's module holds one in the
    kernel's too, and no other does. In which units may differ: torch's sigmoid reaches 0, and
    0 * inf is NaN.
    """
    for ours, theirs in poisoned_results(cell, nonlinearity, where, math.inf):
        assert ours.isfinite().all() == theirs.isfinite().all()


@pytest.mark.parametrize(("cell", "nonlinearity"), CELLS)
def test_padding_changes_nothing_and_stays_zero(cell: str, nonlinearity: str) -> None:
    """A network of 48 units gives the same outputs when it is padded to 64, up to rounding, and the
    outputs and gradients of the added units are exactly zero.
    """
    narrow, wide = (layer_of(cell, nonlinearity, (h, 3, 5, 12), 2) for h in (48, 64))
    small = [part.detach() for part in arguments_of(narrow, torch.float32)]
    large = [part.detach().clone().zero_() for part in arguments_of(wide, torch.float32)]
    gates = GATES[cell]

    def units(part: Tensor, number: int, hidden: int) -> Tensor:
        """The rows of weights by gate; hidden units last, or last but one for matrices."""
        return part.view(2, gates, hidden, -1) if 1 <= number <= 4 else part

    large[0].copy_(small[0])
    for number in range(1, len(small)):
        source, target = units(small[number], number, 48), units(large[number], number, 64)
        if 1 <= number <= 4:
            target[:, :, :48, : source.shape[-1]] = source
        else:
            target[..., :48] = source
    results = []
    for layer, arguments in ((narrow, small), (wide, large)):
        leaves = [part.clone().requires_grad_() for part in arguments]
        outputs, state = run(KERNEL, layer, leaves)
        gradients = torch.autograd.grad(outputs[..., :48].square().sum(), leaves)
        results.append(([outputs.detach(), *(s.detach() for s in state)], list(gradients)))
    (states, gradients), (wide_states, wide_gradients) = results
    for one, other in zip(states, wide_states, strict=True):
        assert not other[..., 48:].any()
        torch.testing.assert_close(other[..., :48], one, rtol=1e-5, atol=1e-6)
    for number in range(1, 5):
        one, other = units(gradients[number], number, 48), units(wide_gradients[number], number, 64)
        assert not other[:, :, 48:].any()
        assert not other[:, :, :48, one.shape[-1] :].any()
        scale = float(one.abs().max())
        torch.testing.assert_close(
            other[:, :, :48, : one.shape[-1]], one, rtol=0, atol=2e-5 * scale
        )


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_twenty_steps_of_adam_follow_the_module(cell: str) -> None:
    """The losses of twenty training steps are those of nn.RNN, nn.GRU or nn.LSTM under the same
    optimizer, to 1e-5.
    """
    torch.manual_seed(0)
    layer = layer_of(cell, "tanh", (32, 1, 4, 25), 1)
    module = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[cell](1, 32)
    head = nn.Linear(32, 1)
    names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    ours = [getattr(module, name).detach().clone()[None].requires_grad_() for name in names]
    ours += [part.detach().clone().requires_grad_() for part in head.parameters()]
    phase = torch.linspace(0, 6, 26)[:, None] + torch.linspace(0, 3, 4)
    wave = torch.sin(phase)[..., None]
    zeros = tuple(torch.zeros(1, 4, 32) for _ in range(2 if cell == "lstm" else 1))

    def module_loss() -> Tensor:
        return nn.functional.mse_loss(head(module(wave[:-1])[0]), wave[1:])

    def compiled_loss() -> Tensor:
        outputs, _ = run(KERNEL, layer, [wave[None, :-1], *ours[:4], *zeros])
        return nn.functional.mse_loss(nn.functional.linear(outputs[0], ours[4], ours[5]), wave[1:])

    curves = []
    for loss_of, parameters in (
        (module_loss, [*module.parameters(), *head.parameters()]),
        (compiled_loss, ours),
    ):
        optimizer = torch.optim.Adam(parameters, lr=1e-2)
        curve = []
        for _ in range(20):
            optimizer.zero_grad()
            loss = loss_of()
            loss.backward()
            optimizer.step()
            curve.append(loss.item())
        curves.append(curve)
    assert curves[0][-1] < curves[0][0]
    assert max(abs(a - b) for a, b in zip(*curves, strict=True)) < 1e-5
