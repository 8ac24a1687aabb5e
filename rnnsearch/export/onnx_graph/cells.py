"""The recurrent layers of a network, each as something that can be put into a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn

from rnnsearch.export.onnx_graph.graph import Graph
from rnnsearch.export.onnx_graph.native import OPERATORS, native_layer
from rnnsearch.export.onnx_graph.stepped import stepped_layer
from rnnsearch.export.onnx_graph.traced import Piece, traced
from rnnsearch.export.tracing import Axes
from rnnsearch.models.cells import CELLS
from rnnsearch.models.config import is_custom
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import custom_module_name, state_sizes_of


@dataclass(frozen=True)
class Lengths:
    """The valid time steps of each sequence, (B,), by their names in a graph; empty for all."""

    whole: str = ""
    half: str = ""
    """The same as int32."""


Layer = Callable[[Graph, str, Sequence[str], Lengths, bool], tuple[str, list[str]]]
"""Adds a layer in one direction: of inputs (T, B, I), the state before, the lengths, and whether
there is one time step alone, the outputs (T, B, H) and the state after."""


def layer_of(network: RecurrentNetwork, layer: int, side: int) -> Layer:
    """A layer of a network in one direction; side 1 reads backwards.

    Raises:
        ModelError: A cell of a person's own does what ONNX cannot.
    """
    config = network.config
    if config.cell in OPERATORS:
        cell = CELLS[config.cell]
        weights = {
            leaf.name: network.weight(leaf.name, layer, side).detach().float().numpy()
            for leaf in cell.weights(bias=config.bias)
        }
        return partial(_native, config.cell, config.nonlinearity, weights, side)
    width = _width(network, layer)
    sizes = state_sizes_of(config, config.widths[layer])
    if is_custom(config.cell):
        name, number = custom_module_name(layer, side).split(".")
        module = getattr(network.rnn, name)[int(number)]
        step = _traced_step(config.cell, _CustomStep(module), width, sizes)
        return partial(_stepped, None, step, sizes, width, side)
    leaves = CELLS[config.cell].weights(bias=config.bias)
    held = [network.weight(leaf.name, layer, side).detach().float() for leaf in leaves]
    names = tuple(leaf.name for leaf in leaves)
    shapes = tuple(tuple(one.shape) for one in held)
    entered, step, read = _of_table(config.cell, names, shapes, width, sizes)
    return partial(_stepped, _Filled(entered, held), _Filled(step, held), sizes, read, side)


@cache
def _of_table(
    cell: str,
    names: tuple[str, ...],
    shapes: tuple[tuple[int, ...], ...],
    width: int,
    sizes: tuple[int, ...],
) -> tuple[Piece, Piece, int]:
    """What a cell of the table makes of all time steps at once, and of one of them, and the width
    of what it reads at one. Both take the weights behind their other inputs."""
    code, weights = CELLS[cell].code, [torch.zeros(shape) for shape in shapes]
    entering, step, count = _Enter(code, names), _Step(code, names), len(names)
    x = torch.zeros(3, 2, width)
    read = entering(x, *weights)[0].shape[-1]
    still: list[Axes] = [{}] * count
    entered = traced(cell, entering, [x, *weights], [{0: "time", 1: "batch"}, *still], count)
    examples = [torch.zeros(2, one) for one in (read, *sizes)]
    free: list[Axes] = [{0: "batch"}] * len(examples)
    return entered, traced(cell, step, [*examples, *weights], [*free, *still], count), read


def _width(network: RecurrentNetwork, layer: int) -> int:
    """The width of what enters a layer."""
    config = network.config
    if layer:
        return config.directions * config.widths[layer - 1]
    if network.embedding is not None:
        return config.embedding_size
    return network.input_size


def _traced_step(what: str, step: nn.Module, width: int, sizes: Sequence[int]) -> Piece:
    examples = [torch.zeros(2, one) for one in (width, *sizes)]
    free: list[Axes] = [{0: "batch"}] * len(examples)
    return traced(f"a time step of {what}", step, examples, free)


def _native(
    cell: str,
    nonlinearity: str,
    weights: dict[str, Any],
    side: int,
    graph: Graph,
    inputs: str,
    state: Sequence[str],
    lengths: Lengths,
    single: bool,
) -> tuple[str, list[str]]:
    del single
    how: Mapping[str, Any] = {"backward": bool(side), "lengths": lengths.half}
    return native_layer(graph, cell, nonlinearity, weights, inputs, state, **how)


def _stepped(
    entered: Piece | None,
    step: Piece,
    sizes: Sequence[int],
    width: int,
    side: int,
    graph: Graph,
    inputs: str,
    state: Sequence[str],
    lengths: Lengths,
    single: bool,
) -> tuple[str, list[str]]:
    def one_step(body: Graph, read: str, before: Sequence[str]) -> tuple[str, list[str]]:
        output, *after = step.add(body, read, *before)
        return output, after

    read = inputs if entered is None else entered.add(graph, inputs)[0]
    how: Mapping[str, Any] = {"backward": bool(side), "lengths": lengths.whole, "single": single}
    return stepped_layer(graph, one_step, read, state, sizes, width, **how)


@dataclass(frozen=True)
class _Filled:
    """A piece of a graph with the weights of a layer."""

    piece: Piece
    weights: Sequence[Tensor]

    def add(self, graph: Graph, *inputs: str | Tensor) -> list[str]:
        """See `Piece`."""
        return self.piece.add(graph, *inputs, *self.weights)


class _Coded(nn.Module):
    """A cell's file as a module, whose weights come behind its other inputs."""

    def __init__(self, code: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.code, self.names = code, names

    def parted(self, given: Sequence[Tensor]) -> tuple[Sequence[Tensor], dict[str, Tensor]]:
        """The other inputs, and the weights by name."""
        cut = len(given) - len(self.names)
        return given[:cut], dict(zip(self.names, given[cut:], strict=True))


class _Enter(_Coded):
    """What a cell makes of all time steps at once."""

    def forward(self, *given: Tensor) -> tuple[Tensor]:
        (inputs,), weights = self.parted(given)
        return (self.code.enter(inputs, weights),)


class _Step(_Coded):
    """A time step of a cell: the output, then the parts of the state."""

    def forward(self, *given: Tensor) -> tuple[Tensor, ...]:
        (read, *state), weights = self.parted(given)
        output, after = self.code.step(read, tuple(state), weights)
        return (output, *after)


class _CustomStep(nn.Module):
    """A time step of a person's cell, computed in float32."""

    def __init__(self, cell: nn.Module) -> None:
        super().__init__()
        import copy

        self.cell = copy.deepcopy(cell).float()

    def forward(self, x: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        output, after = self.cell(x, state)
        return (output, *after)
