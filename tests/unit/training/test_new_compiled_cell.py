"""A compiled cell is its entry in the table and its file: this file is one.

It is an LSTM whose input gate is one minus the forget gate. It has three gates, as a GRU has, and
is like it in nothing else: what tells compiled cells apart by their number of gates takes it for
one.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import ModuleType

import pytest
import torch
from torch import Tensor

from rnnsearch.models.cells import CELLS, INPUTS, Cell, Leaf
from rnnsearch.testing.kernels import layer_of, run, scalar_of
from rnnsearch.testing.waves import curve, drain, trial, wave_pack
from rnnsearch.training import networks
from rnnsearch.training.kernels.base import LayerShape, State
from rnnsearch.training.kernels.batched.cell import Back, Parts, before, project
from rnnsearch.training.kernels.choice import choose, kernels
from rnnsearch.training.kernels.compiled.kernel import CompiledKernel

if CompiledKernel().refusal(layer_of("lstm", "tanh", (16, 1, 1, 1), 1)):
    pytest.skip("no compiled kernels on this machine", allow_module_level=True)

from rnnsearch.training.kernels.compiled import cache, call, entry
from rnnsearch.training.kernels.compiled.activations import activated, sigmoid, tanh
from rnnsearch.training.kernels.compiled.cell import Backward, Tile, compiled_cell, d_arriving
from rnnsearch.training.kernels.compiled.vectors import LANES, Emitter

COUPLED = Cell(
    equations=(
        "f_t = sigmoid(U_f x_t + b_f + W_f h_(t-1) + d_f)",
        "g_t = tanh(U_g x_t + b_g + W_g h_(t-1) + d_g)",
        "o_t = sigmoid(U_o x_t + b_o + W_o h_(t-1) + d_o)",
        "c_t = f_t * c_(t-1) + (1 - f_t) * g_t",
        "h_t = o_t * tanh(c_t)",
    ),
    leaves=(
        Leaf("weight_ih", "U", (3, INPUTS)),
        Leaf("weight_hh", "W", (3, 1), recurrent=True),
        Leaf("bias_ih", "b", (3,)),
        Leaf("bias_hh", "d", (3,)),
    ),
    gates=3,
    states=2,
    file=__name__,
    kernels={"compiled": __name__, "batched": __name__},
)


def enter(inputs: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
    return inputs @ weights["weight_ih"].T + weights["bias_ih"]


def step(read: Tensor, state: State, weights: Mapping[str, Tensor]) -> tuple[Tensor, State]:
    total = read + state[0] @ weights["weight_hh"].T + weights["bias_hh"]
    f, g, o = total.chunk(3, -1)
    f, g, o = torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
    c = f * state[1] + (1 - f) * g
    h = o * torch.tanh(c)
    return h, (h, c)


def _forward(tile: Tile) -> None:
    code, at = tile.code, tile.at
    from_x = tile.projected()
    z = tile.recurrent(lambda m, gate: from_x[m, gate])
    for m in range(tile.rows):
        f, g, o = activated([(sigmoid, z[m, 0]), (tanh, z[m, 1]), (sigmoid, z[m, 2])])
        for gate, value in enumerate((f, g, o)):
            code.store(tile.gate(at.gates, m, gate), value)
        c = g.plus_product(f, code.load(tile.unit(at.c_before, m)) - g)
        (squashed,) = activated([(tanh, c)])
        code.store(tile.unit(at.cell, m), c)
        code.store(tile.unit(at.extra, m), squashed)
        code.store(tile.unit(at.h, m), o * squashed)


def _backward(code: Emitter, at: Backward) -> None:
    with code.loop(0, at.batch, 1) as (b, _), code.loop(0, at.hidden, LANES) as (n, _):
        unit = (b, at.hidden), (n, 1)
        three = code.builder.mul(b, b.type(3))
        row = code.shift(at.gates, (three, at.hidden), (n, 1))
        f, g, o = (code.load(code.shift(row, (gate, at.hidden))) for gate in range(3))
        d = d_arriving(code, at, b, n)
        squashed = code.load(code.shift(at.extra, *unit))
        d_cell = code.shift(at.d_cell, *unit)
        d_c = code.load(d_cell).plus_product(d * o, 1.0 - squashed * squashed)
        d_z = (
            d_c * (code.load(code.shift(at.c_before, *unit)) - g) * f * (1.0 - f),
            d_c * (1.0 - f) * (1.0 - g * g),
            d * squashed * o * (1.0 - o),
        )
        row = code.shift(at.d_input_gates, (three, at.hidden), (n, 1))
        for gate, value in enumerate(d_z):
            code.store(code.shift(row, (gate, at.hidden)), value)
        code.store(d_cell, d_c * f)
        code.store(code.shift(at.d_hidden, *unit), code.zero())


coupled = compiled_cell("coupled", _forward, _backward, gates=3, memory=True)


def forward(layer: LayerShape, operands: Sequence[Tensor]) -> tuple[Parts, Parts]:
    inputs, w_ih, w_hh, b_ih, b_hh, h, c = operands
    steps = []
    for projected in project(inputs, w_ih, b_ih + b_hh):
        f, g, o = torch.baddbmm(projected, h, w_hh.transpose(1, 2)).chunk(3, -1)
        f, g, o = torch.sigmoid(f), torch.tanh(g), torch.sigmoid(o)
        c = f * c + (1 - f) * g
        h = o * torch.tanh(c)
        steps.append((h, c, f, g, o))
    outputs, memories, *gates = (torch.stack(parts) for parts in zip(*steps, strict=True))
    return (outputs, memories), tuple(gates)


def backward(layer: LayerShape, at: Back) -> tuple[Tensor, Tensor, State]:
    _, memories = at.sequences
    earlier = before(at.state[1], memories)
    d_h, d_c = at.last
    found = []
    for t in reversed(range(len(memories))):
        f, g, o = (gate[t] for gate in at.kept)
        squashed = torch.tanh(memories[t])
        d_h = d_h + at.arriving[t]
        d_c = d_c + d_h * o * (1 - squashed**2)
        d_f = d_c * (earlier[t] - g) * f * (1 - f)
        d_g = d_c * (1 - f) * (1 - g**2)
        found.append(torch.cat([d_f, d_g, d_h * squashed * o * (1 - o)], -1))
        d_h, d_c = found[-1] @ at.w_hh, d_c * f
    sums = torch.stack(found[::-1])
    return sums, sums, (d_h, d_c)


@pytest.fixture(autouse=True)
def _in_the_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    torch.set_num_threads(1)
    monkeypatch.setitem(CELLS, "coupled", COUPLED)
    yield
    networks.layers_of.cache_clear()


def layer_and_operands() -> tuple[LayerShape, list[Tensor]]:
    layer = layer_of("coupled", "tanh", (48, 17, 7, 23), 2)
    generator = torch.Generator().manual_seed(5)
    shapes = [(2, 23, 7, 17), (2, 144, 17), (2, 144, 48), (2, 144), (2, 144), *[(2, 7, 48)] * 2]
    return layer, [0.3 * torch.randn(shape, generator=generator) for shape in shapes]


def by_torch(operands: Sequence[Tensor]) -> tuple[Tensor, State]:
    """The layer of every member, step by step, differentiable."""
    members = []
    for inputs, w_ih, w_hh, b_ih, b_hh, *state in zip(*operands, strict=True):
        weights = {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b_ih, "bias_hh": b_hh}
        held, outputs = tuple(state), []
        for read in enter(inputs, weights):
            output, held = step(read, held, weights)
            outputs.append(output)
        members.append((torch.stack(outputs), *held))
    outputs, *last = (torch.stack(parts) for parts in zip(*members, strict=True))
    return outputs, tuple(last)


def test_it_is_not_taken_for_the_other_cell_of_three_gates() -> None:
    layer, operands = layer_and_operands()
    assert choose(layer, torch.device("cpu"), torch.float32).name == "compiled"
    ours = call.sizes_of("coupled", operands, backward=True, kept=False)
    gru = call.sizes_of("gru", operands[:6], backward=True, kept=False)
    assert ours.gates == gru.gates == 144
    assert (ours.memory, ours.apart) == (1, 0)
    assert (gru.memory, gru.apart) == (0, 48)


def test_on_disk_it_has_files_of_its_own_which_follow_its_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def files() -> set[str]:
        cache.digest.cache_clear()
        return {
            cache._KernelCacheImpl(function).filename_base
            for name in ("coupled", "gru", "lstm")
            for function in entry.functions(name)
        }

    as_it_is = files()
    assert len(as_it_is) == 6
    source = inspect.getsource

    def edited(module: ModuleType) -> str:
        return source(module) + "# edited" * (module.__name__ == __name__)

    monkeypatch.setattr(inspect, "getsource", edited)
    assert len(files() - as_it_is) == 2
    monkeypatch.undo()
    assert files() == as_it_is


@pytest.mark.parametrize("kernel", ["batched", pytest.param("compiled", marks=pytest.mark.slow)])
def test_its_numbers_are_those_of_torch(kernel: str) -> None:
    layer, operands = layer_and_operands()
    ours = [part.clone().requires_grad_() for part in operands]
    theirs = [part.double().requires_grad_() for part in operands]
    found: list[list[Tensor]] = []
    for leaves, (outputs, last) in (
        (ours, run(kernels()[kernel], layer, ours)),
        (theirs, by_torch(theirs)),
    ):
        total = scalar_of(outputs, list(last))
        found.append([outputs, *last, *torch.autograd.grad(total, leaves)])
    for one, other in zip(*found, strict=True):
        worst = (one.detach() - other.detach()).abs().max() / other.detach().abs().max()
        assert worst < 2e-5


@pytest.mark.slow
def test_a_pack_trains_it_compiled_as_torch_trains_it_step_by_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = {"cell": "coupled", "hidden_size": 12, "num_layers": 2}

    def trained() -> tuple[set[str], list[dict[str, float]]]:
        pack = wave_pack()
        for seed, name in enumerate("abc"):
            pack.add(name, trial(seed, model=model))
        curves = drain(pack, dict.fromkeys("abc", 3))
        return set(pack.kernels.values()), curve(curves, "b")

    words, compiled = trained()
    assert words == {"compiled, whole steps"}
    monkeypatch.setitem(CELLS, "coupled", replace(COUPLED, kernels={}))
    networks.layers_of.cache_clear()
    words, stepped = trained()
    assert words == {"slow path"}
    assert compiled[-1]["train_loss"] < compiled[0]["train_loss"]
    for one, other in zip(compiled, stepped, strict=True):
        assert one == pytest.approx(other, rel=1e-3)
