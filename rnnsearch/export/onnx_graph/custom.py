"""A network of a person's own as ONNX operators, traced as a whole."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnsearch.errors import ModelError
from rnnsearch.export.onnx_graph.cells import Lengths
from rnnsearch.export.onnx_graph.graph import Graph
from rnnsearch.export.onnx_graph.stepped import stepped_layer
from rnnsearch.export.onnx_graph.traced import Piece, traced
from rnnsearch.models.custom_network import CustomNetwork, drawn_inputs
from rnnsearch.models.network_config import takes
from rnnsearch.tasks.base import Head

STEPS = 3
"""Time steps of the sequences that a network is traced with."""


class CustomPiece:
    """A person's network that can be put into a graph; see `LayeredNetwork`.

    Its state is the row that `StateForm` makes, the last number of which is 0 for a sequence that
    begins.
    """

    def __init__(self, network: CustomNetwork) -> None:
        self._network = copy.deepcopy(network).float().eval()
        self._path = network.config.type

    @property
    def width(self) -> int:
        """Numbers of a sequence's state."""
        return self._network.form.width

    def add(
        self, graph: Graph, read: str, state: str, head: Head, lengths: Lengths, *, single: bool
    ) -> tuple[str, str]:
        """See `LayeredNetwork.add`.

        Raises:
            ModelError: The network does what ONNX cannot; the operation and its place are told.
        """
        if single:
            outputs, after = self._step(graph, graph.squeeze(read, 0), [state])
            return graph.unsqueeze(outputs, 0), after[0]
        try:
            return self._whole(graph, read, head, lengths)
        except ModelError:
            if lengths.whole or not self._network.form.axes or self._network.symbolic:
                raise
        # A loop over time steps cannot be traced for any number of them, but each of them can.
        size = self._network.input_size
        outputs, rows = stepped_layer(
            graph,
            self._step,
            read,
            [state],
            [self.width],
            size,
            backward=False,
            lengths="",
            single=False,
        )
        return (outputs if head == "every" else graph.slice(outputs, -1)), rows[0]

    def _whole(self, graph: Graph, read: str, head: Head, lengths: Lengths) -> tuple[str, str]:
        x = self._drawn(STEPS)
        axes = {0: "batch", 1: "time"}
        examples, free = [x], [axes]
        if lengths.whole:
            examples.append(torch.tensor([STEPS, STEPS - 1]))
            free.append({0: "batch"})
        asked = _Asked(self._network, head, begun=False)
        piece = traced(self._path, asked, examples, free)
        inputs = [graph.swap(read, 2 if self._network.symbolic else 3)]
        outputs, *after = piece.add(graph, *inputs, *([lengths.whole] if lengths.whole else []))
        return outputs, after[0] if after else ""

    def _step(self, graph: Graph, read: str, state: Sequence[str]) -> tuple[str, list[str]]:
        """A time step of what is read (B, F), or symbols (B,), from a row of state."""
        x = graph.unsqueeze(read, 1)
        begun, started = self._pieces()
        outputs, after = begun.add(graph, x, state[0])
        if started is not None:
            first = graph.slice(state[0], self.width - 1, axis=1)
            new = graph.op("Equal", first, graph.constant(0, np.float32))
            other, fresh = started.add(graph, x)
            outputs = graph.op("Where", new, graph.squeeze(other, 0), graph.squeeze(outputs, 0))
            return outputs, [graph.op("Where", new, fresh, after)]
        return graph.squeeze(outputs, 0), [after]

    def _pieces(self) -> tuple[Piece, Piece | None]:
        """A time step from a state, and one that begins a sequence; None where a state of zeros
        begins it as well."""
        x = self._drawn(1)
        row = torch.zeros(len(x), self.width)
        what = f"a time step of {self._path}"
        one, other = (_Asked(self._network, "every", begun=begun) for begun in (True, False))
        begun = traced(what, one, [x, row], [{0: "batch"}] * 2)
        with torch.no_grad():
            same = all(
                torch.equal(ours, theirs)
                for ours, theirs in zip(one(x, row), other(x), strict=True)
            )
        return begun, None if same else traced(what, other, [x], [{0: "batch"}])

    def _drawn(self, steps: int) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return drawn_inputs(self._network.input_size, self._network.symbolic, 2, steps)


class _Asked(nn.Module):
    """A network as a function of tensors alone: outputs (T', B, O), and the row of its state."""

    def __init__(self, network: CustomNetwork, head: Head, *, begun: bool) -> None:
        super().__init__()
        self.inner, self.form, self.path = network.inner, network.form, network.config.type
        self.head, self.begun = head, begun

    def forward(self, x: Tensor, other: Tensor | None = None) -> tuple[Tensor, ...]:
        """
        Args:
            other: The row of the state where the sequence has begun; else the lengths, if any.
        """
        held, lengths = None, None if self.begun else other
        if self.begun:
            assert other is not None
            held = self.form.unfolded(self.path, other)
        y, after = self._called(x, held, lengths)
        if y.ndim == 2:
            outputs = y.unsqueeze(0)
        elif self.head == "every":
            outputs = y.transpose(0, 1)
        elif lengths is None:
            outputs = y[:, -1:].transpose(0, 1)
        else:
            last = (lengths - 1).view(-1, 1, 1).expand(-1, 1, y.shape[2])
            outputs = y.gather(1, last).transpose(0, 1)
        if "state" not in takes(self.path) or not self.form.axes:
            return (outputs,)
        like = outputs.new_zeros(x.shape[0], self.form.width)
        return outputs, self.form.folded(self.path, after, like)

    def _called(self, x: Tensor, held: Any, lengths: Tensor | None) -> tuple[Tensor, Any]:
        """What the person's module answers, and its state; None of one without a state.

        `custom_network.answer` asks the length of axes, which a trace must leave open.
        """
        named = takes(self.path)
        given = {named["state"]: held} if "state" in named else {}
        if "lengths" in named:
            given[named["lengths"]] = lengths
        answered = self.inner(x, **given)
        return answered if "state" in named else (answered, None)
