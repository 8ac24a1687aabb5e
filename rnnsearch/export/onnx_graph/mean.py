"""The mean of several networks as ONNX operators."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from rnnsearch.export.onnx_graph.cells import Lengths
from rnnsearch.export.onnx_graph.graph import Graph
from rnnsearch.models.mean import Mean
from rnnsearch.tasks.base import Head


class NetworkPiece(Protocol):
    """A network that can be put into a graph; see `LayeredNetwork`."""

    @property
    def width(self) -> int: ...

    def add(
        self, graph: Graph, read: str, state: str, head: Head, lengths: Lengths, *, single: bool
    ) -> tuple[str, str]: ...


class MeanPiece:
    """Networks whose outputs are averaged; the state is theirs side by side."""

    def __init__(self, pieces: Sequence[NetworkPiece], mean: Mean) -> None:
        self._pieces, self._mean = pieces, mean

    @property
    def width(self) -> int:
        """Numbers of a sequence's state."""
        return sum(one.width for one in self._pieces)

    def add(
        self, graph: Graph, read: str, state: str, head: Head, lengths: Lengths, *, single: bool
    ) -> tuple[str, str]:
        """See `LayeredNetwork.add`."""
        states = graph.split(state, [one.width for one in self._pieces], axis=1)
        pairs = [
            piece.add(graph, read, before, head, lengths, single=single)
            for piece, before in zip(self._pieces, states, strict=True)
        ]
        outputs, after = [one for one, _ in pairs], [one for _, one in pairs]
        whole = graph.op("Concat", *after, axis=1) if all(after) else ""
        return self._averaged(graph, outputs), whole

    def _averaged(self, graph: Graph, outputs: Sequence[str]) -> str:
        """See `models.mean.mean_of`."""
        if self._mean == "numbers":
            return graph.op("Mean", *outputs)
        if self._mean == "classes":
            logs = [graph.op("LogSoftmax", one, axis=-1) for one in outputs]
            count = graph.constant(math.log(len(logs)), np.float32)
            return graph.op("Sub", _log_sum(graph, logs), count)
        no = [graph.op("Neg", graph.op("Softplus", one)) for one in outputs]
        yes = [graph.op("Neg", graph.op("Softplus", graph.op("Neg", one))) for one in outputs]
        return graph.op("Sub", _log_sum(graph, yes), _log_sum(graph, no))


def _log_sum(graph: Graph, logs: Sequence[str]) -> str:
    """The logarithm of the sum of what these are logarithms of."""
    most = graph.op("Max", *logs)
    parts = [graph.op("Exp", graph.op("Sub", one, most)) for one in logs]
    return graph.op("Add", most, graph.op("Log", graph.op("Sum", *parts)))
