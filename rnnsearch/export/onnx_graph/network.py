"""A network of recurrent layers as ONNX operators, for whole sequences and for one time step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from rnnsearch.export.onnx_graph.cells import Lengths, layer_of
from rnnsearch.export.onnx_graph.graph import Graph
from rnnsearch.models.network import RecurrentNetwork
from rnnsearch.models.weights import state_sizes_of
from rnnsearch.tasks.base import Head

EPSILON = 1e-5
"""That of torch's layer norm."""


class LayeredNetwork:
    """A network that can be put into a graph.

    Its state is one row a sequence, (B, width): the parts of all layers side by side. A row of
    zeros starts a sequence. Where first states are learned, a row ends in a number that is 0 at
    the start and 1 behind it.

    Raises:
        ModelError: A cell of a person's own cannot be exported.
    """

    def __init__(self, network: RecurrentNetwork) -> None:
        self._network, config = network, network.config
        places = [
            (layer, side)
            for layer in range(len(config.widths))
            for side in range(config.directions)
        ]
        self._layers = {place: layer_of(network, *place) for place in places}
        self._sizes = {place: state_sizes_of(config, config.widths[place[0]]) for place in places}
        self._learned = config.initial_state == "learned"

    @property
    def width(self) -> int:
        """Numbers of a sequence's state."""
        return sum(map(sum, self._sizes.values())) + self._learned

    def add(
        self, graph: Graph, read: str, state: str, head: Head, lengths: Lengths, *, single: bool
    ) -> tuple[str, str]:
        """Add the network.

        Args:
            read: Numbers (T, B, F) or symbols (T, B).
            state: (B, width) before the first time step.
            single: Whether there is one time step alone.

        Returns:
            Outputs (T, B, O), or (1, B, O) where the head answers once; and the state after.
        """
        network, config = self._network, self._network.config
        current = stream = self._entered(graph, read)
        before = self._parts(graph, state)
        after: list[str] = []
        for layer in range(len(config.widths)):
            sides = []
            for side in range(config.directions):
                add = self._layers[layer, side]
                outputs, last = add(graph, current, before[layer, side], lengths, single)
                sides.append(outputs)
                after += last
            current = graph.op("Concat", *sides, axis=2) if len(sides) > 1 else sides[0]
            if config.layer_norm:
                current = self._normalized(graph, current, layer)
            if config.residual and layer:
                current = graph.op("Add", current, stream)
            stream = current
        if head == "last":
            current = self._end(graph, current, lengths)
        across = _constant(graph, network.head.weight.T)
        outputs = graph.op("MatMul", current, across)
        outputs = graph.op("Add", outputs, _constant(graph, network.head.bias))
        return outputs, self._row(graph, state, after)

    def _entered(self, graph: Graph, read: str) -> str:
        network = self._network
        if not network.symbolic:
            return read
        if network.embedding is not None:
            return graph.op("Gather", _constant(graph, network.embedding.weight), read, axis=0)
        depth = graph.constant([network.input_size], np.int64)
        return graph.op("OneHot", read, depth, graph.constant([0, 1], np.float32), axis=-1)

    def _normalized(self, graph: Graph, current: str, layer: int) -> str:
        """Layer norm out of small operators: onnxruntime's own takes the square of the mean off the
        mean of the squares, which leaves few digits where outputs vary little."""
        last = graph.constant([-1], np.int64)
        apart = graph.op("Sub", current, graph.op("ReduceMean", current, last))
        spread = graph.op("ReduceMean", graph.op("Mul", apart, apart), last)
        root = graph.op("Sqrt", graph.op("Add", spread, graph.constant(EPSILON, np.float32)))
        gain, shift = (
            _constant(graph, self._network.weight(name, layer))
            for name in ("norm_weight", "norm_bias")
        )
        return graph.op("Add", graph.op("Mul", graph.op("Div", apart, root), gain), shift)

    def _end(self, graph: Graph, current: str, lengths: Lengths) -> str:
        """What the head reads at the end of a sequence: the last valid time step, and the first of
        a direction that reads backwards."""
        if lengths.whole:
            turned = graph.op("ReverseSequence", current, lengths.whole, time_axis=0, batch_axis=1)
            last = graph.slice(turned, 0, 1)
        else:
            last = graph.slice(current, -1)
        if self._network.config.directions == 1:
            return last
        hidden = self._network.config.widths[-1]
        first = graph.slice(current, 0, 1)
        return graph.op(
            "Concat", graph.slice(last, 0, hidden, 2), graph.slice(first, hidden, axis=2), axis=2
        )

    def _parts(self, graph: Graph, state: str) -> dict[tuple[int, int], list[str]]:
        """The parts (B, size) of each layer's state that lie in a row."""
        if self._learned:
            width = self.width - 1
            started = graph.slice(state, width, axis=1)
            begun = graph.op("Equal", started, graph.constant(0, np.float32))
            first = graph.constant(np.concatenate(self._first())[None], np.float32)
            state = graph.op("Where", begun, first, graph.slice(state, 0, width, axis=1))
        sizes = [size for some in self._sizes.values() for size in some]
        pieces = iter(graph.split(state, sizes, axis=1))
        return {place: [next(pieces) for _ in some] for place, some in self._sizes.items()}

    def _first(self) -> list[np.ndarray]:
        """The learned first states, in the order of a row."""
        return [
            self._network.weight(f"initial{part}", *place).detach().float().numpy()
            for place, sizes in self._sizes.items()
            for part in range(len(sizes))
        ]

    def _row(self, graph: Graph, state: str, after: Sequence[str]) -> str:
        parts = list(after)
        if self._learned:
            one = graph.constant([1], np.int64)
            shape = graph.op("Concat", graph.length(state, 0), one, axis=0)
            parts.append(graph.op("Expand", graph.constant([[1]], np.float32), shape))
        return graph.op("Concat", *parts, axis=1)


def _constant(graph: Graph, weight: Tensor) -> str:
    return graph.constant(weight.detach().float().contiguous().numpy())
